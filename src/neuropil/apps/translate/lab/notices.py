"""What stands on signs in streets, stations and shops, which lists of words and sentences lack."""

NOTICES = {
    "en": (
        "Give way|No entry|One way|No parking|No stopping|Road closed|Diversion|Dead end|"
        "Reduce speed now|Pedestrians only|Cyclists dismount|Private property|Keep clear|"
        "No smoking|No dogs|Mind the gap|Way out|Emergency exit|Fire exit|Push|Pull|Open|Closed|"
        "Opening hours|Out of order|Wet floor|Beware of the dog|Danger of death|Keep off the grass|"
        "Please ring|Staff only|Toilets|Ladies|Gentlemen|Lost property|Left luggage|Tickets|"
        "Platform|Departures|Arrivals|To let|For sale|Sale|Ingredients|Best before|Store in a cool "
        "dry place|Shake well before use|Keep out of reach of children|Starters|Main courses|"
        "Desserts|Drinks|Soup of the day|Service not included|Cash only|No trespassing"
    ).split("|"),
    "de": (
        "Vorfahrt gewähren|Einbahnstraße|Parken verboten|Halteverbot|Anlieger frei|Durchfahrt "
        "verboten|Umleitung|Sackgasse|Baustelle|Radfahrer absteigen|Privatgrundstück|Betreten "
        "verboten|Eltern haften für ihre Kinder|Ausfahrt freihalten|Rauchen verboten|Vorsicht Hund|"
        "Bissiger Hund|Lebensgefahr|Hochspannung|Notausgang|Drücken|Ziehen|Geöffnet|Geschlossen|"
        "Öffnungszeiten|Außer Betrieb|Bitte klingeln|Kein Zutritt|Nur für Personal|Damen|Herren|"
        "Fundbüro|Gepäckaufbewahrung|Fahrkarten|Gleis|Abfahrt|Ankunft|Zu vermieten|Zu verkaufen|"
        "Schlussverkauf|Rutschgefahr|Kein Trinkwasser|Zutaten|Mindestens haltbar bis|Kühl und "
        "trocken lagern|Vor Gebrauch schütteln|Nährwerte|davon gesättigte Fettsäuren|Vorspeisen|"
        "Hauptgerichte|Nachspeisen|Getränke|Tagessuppe|Nur Barzahlung|Fußgängerzone|Straße gesperrt"
    ).split("|"),
    "fr": (
        "Cédez le passage|Sens interdit|Sens unique|Stationnement interdit|Défense de stationner|"
        "Route barrée|Déviation|Voie sans issue|Priorité aux piétons|Ralentir|Sauf riverains|"
        "Propriété privée|Défense d'entrer|Sortie de véhicules|Interdit aux chiens|Chien méchant|"
        "Danger de mort|Défense de fumer|Sortie de secours|Issue de secours|Poussez|Tirez|Ouvert|"
        "Fermé|Heures d'ouverture|Hors service|Sonnez ici|Réservé au personnel|Toilettes|Dames|"
        "Messieurs|Objets trouvés|Consigne|Billets|Voie|Départs|Arrivées|À louer|À vendre|Soldes|"
        "Sol glissant|Eau non potable|Ingrédients|À consommer de préférence avant|À conserver au "
        "frais|Agiter avant emploi|Valeurs nutritionnelles|dont acides gras saturés|Entrées|Plats|"
        "Desserts|Boissons|Potage du jour|Service compris|Allumez vos phares|Péage|Passage piéton"
    ).split("|"),
    "es": (
        "Ceda el paso|Prohibido el paso|Dirección única|Prohibido aparcar|Vado permanente|Calle "
        "cortada|Desvío|Calle sin salida|Precaución|Peatones|Solo residentes|Propiedad privada|"
        "Prohibida la entrada|Cuidado con el perro|Peligro de muerte|Prohibido fumar|Salida de "
        "emergencia|Empujar|Tirar|Abierto|Cerrado|Horario|Fuera de servicio|Llame al timbre|Solo "
        "personal autorizado|Aseos|Señoras|Caballeros|Objetos perdidos|Consigna|Billetes|Andén|"
        "Salidas|Llegadas|Se alquila|Se vende|Rebajas|Suelo mojado|Agua no potable|Ingredientes|"
        "Consumir preferentemente antes del|Conservar en lugar fresco y seco|Agitar antes de usar|"
        "Información nutricional|de las cuales saturadas|Entrantes|Platos principales|Postres|"
        "Bebidas|Sopa del día|Menú del día|Solo efectivo|Pare|Peaje|¡Atención!|¿Necesita ayuda?"
    ).split("|"),
}
