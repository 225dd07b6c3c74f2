// How the page's modules are written, beside their types (tsconfig.json).

const rules = [
  ...["no-unused-vars", "no-var", "prefer-const", "no-shadow", "no-else-return", "object-shorthand"],
  ...["prefer-template", "no-duplicate-imports", "no-throw-literal", "no-unneeded-ternary", "no-useless-return"],
  ...["dot-notation", "no-eval", "no-implied-eval", "no-new-func", "no-script-url", "no-unused-expressions"],
];

const eqeqeq = ["error", "always", { null: "ignore" }]; // == null means null and undefined

export default [{ files: ["**/*.js"], rules: { ...Object.fromEntries(rules.map((rule) => [rule, "error"])), eqeqeq } }];
