"""The commands by name: listed without loading any, each loaded when it is typed."""

from typing import Any

from typer.core import TyperGroup

from neuropil import registry
from neuropil.kit.errors import UserError, suggest
from neuropil.surfaces.cli.terminal import MAP, OPEN


class CommandGroup(TyperGroup):
    """All verbs of all applications, `open`, `map`, and the commands that are no application's."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all commands."""
        from neuropil.surfaces.cli.commands import summaries

        return list(summaries())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load the command of a name."""
        from neuropil.surfaces.cli import commands

        if cmd_name in registry.commands():
            from neuropil.surfaces.cli.verb_command import build_command

            return build_command(registry.find_verb(cmd_name))
        if cmd_name == OPEN:
            from neuropil.surfaces.cli.open_command import build_open

            return build_open()
        if cmd_name == MAP:
            from neuropil.surfaces.cli.map_command import build_map

            return build_map()
        if cmd_name in commands.COMMANDS:
            return commands.build(cmd_name)
        known = self.list_commands(ctx)
        raise UserError(
            "name.unknown",
            f"there is no command {cmd_name}{suggest(cmd_name, known)}; there are: "
            f"{', '.join(known)}",
            name=cmd_name,
            possible=known,
        )

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list for --help."""
        from neuropil.surfaces.cli.commands import summaries

        with formatter.section("Commands"):
            formatter.write_dl(list(summaries().items()))
