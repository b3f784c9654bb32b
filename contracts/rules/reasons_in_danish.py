"""Danish texts for the errors of registration. Unknown texts are returned untranslated."""

import re
from typing import Final

_PLAIN: Final = {
    "is missing": "mangler",
    "lies in the future": "ligger i fremtiden",
    "lies before 1850: look at the year again": "ligger før 1850: se på årstallet igen",
    "lies before the consent": "ligger før samtykket",
    "is not a telephone number: write digits, and + before a country code": (
        "er ikke et telefonnummer: skriv cifre, og + foran en landekode"
    ),
    "is not a number of the Danish numbering plan: compare it once more;"
    " write a number of another country with + and its country code": (
        "findes ikke i den danske nummerplan: sammenlign igen; skriv et udenlandsk nummer med + og landekode"
    ),
    "is not a Danish number of 8 digits; write a number of another country with + and its country code": (
        "er ikke et dansk nummer på 8 cifre; skriv et udenlandsk nummer med + og landekode"
    ),
    "begins with a country code that does not exist": "begynder med en landekode, der ikke findes",
    "does not have as many digits as the numbers of its country: count them": (
        "har ikke så mange cifre som numrene i sit land: tæl dem"
    ),
    "is not an e-mail address": "er ikke en e-mailadresse",
    "has letters before the @ that mail servers do not carry: ask for an address that has only"
    " the letters a to z there, or for another way to reach the person": (
        "har bogstaver foran @, som mailservere ikke kan sende til: bed om en adresse med bogstaverne a til z"
        " foran @, eller om en anden måde at nå personen på"
    ),
    "must have 10 characters, with or without a hyphen": "skal have 10 tegn, med eller uden bindestreg",
    "does not have the form of this identity system": "har ikke den form, som den slags nummer har",
    "does not begin with a date that exists": "begynder ikke med en dato, der findes",
    "begins with a date in the future": "begynder med en dato i fremtiden",
    "also needs the region (D-eCPR) or the country (passport) that issued it": (
        "mangler også den region (D-eCPR) eller det land (pas), der har udstedt det"
    ),
    "is a number of another identity system": "er et nummer af en anden slags",
    "does not fit modulus 11, as some valid numbers do not: compare it once more": (
        "går ikke op i modulus 11, som nogle gyldige numre heller ikke gør: sammenlign igen"
    ),
    "is not the one the CPR number begins with": "er ikke den, CPR-nummeret begynder med",
    "is missing, where its system is written": "mangler, hvor slagsen er skrevet",
    "had one digit too few, as when a spreadsheet drops a leading zero: read with a zero before it": (
        "havde et ciffer for lidt, som når et regneark fjerner et nul foran: læst med et nul foran"
    ),
    "is not possible with the details given: ask for what is missing": (
        "er ikke mulig med de oplysninger, der er: spørg om det, der mangler"
    ),
    "write the language by two small letters (da, en)": "skriv sproget med to små bogstaver (da, en)",
    "is a person's number, which does not belong here: it would be kept in clear": (
        "er en persons nummer, som ikke hører til her: det ville blive gemt ukrypteret"
    ),
    "write the country by two capital letters (DK, SE)": "skriv landet med to store bogstaver (DK, SE)",
    "write the municipality by its four digits (0751)": "skriv kommunen med dens fire cifre (0751)",
    "write yes or no (ja or nej)": "skriv ja eller nej",
    "write a date that exists, as 31-12-1980 or 1980-12-31": (
        "skriv en dato, der findes, som 31-12-1980 eller 1980-12-31"
    ),
    "write a date and a time, as 24-11-2026 12:00 or 2026-11-24T12:00:00+01:00": (
        "skriv dato og klokkeslæt, som 24-11-2026 12:00"
    ),
    "say which version of the wording was used": "skriv, hvilken udgave af teksten der blev brugt",
    "say in which language the wording was, by two letters (da, en)": (
        "skriv, hvilket sprog teksten var på, med to bogstaver (da, en)"
    ),
    "say who obtained it": "skriv, hvem der indhentede det",
    "say when it was given": "skriv, hvornår det blev givet",
    "an oral consent needs a witness": "et mundtligt samtykke skal have et vidne",
    "say the number of the form": "skriv skemaets nummer",
    "say which channels it covers": "skriv, hvilke kanaler det gælder",
    "for a child under 15 a guardian consents: name the guardian of each consent": (
        "for et barn under 15 samtykker en værge: skriv værgens navn ved hvert samtykke"
    ),
    "write the name of the guardian whose CPR number is given": (
        "skriv navnet på den værge, hvis CPR-nummer er angivet"
    ),
    "is the number of a child under 15: write the guardian's own": (
        "er nummeret på et barn under 15: skriv værgens eget"
    ),
    "belong to the consent to be contacted, not to the one to be registered": (
        "hører til samtykket til kontakt, ikke til det at blive registreret"
    ),
    "a consent lapses after at most one year (sundhedsloven § 44)": (
        "et samtykke gælder højst et år (sundhedsloven § 44)"
    ),
    "the consent has lapsed: ask again": "samtykket er udløbet: spørg igen",
    "is closed at this incident: only the hotline and paper forms still register;"
    " who was registered before the closing comes in with that time in registered_at": (
        "er lukket ved denne hændelse: kun hotline og papirskemaer registrerer stadig;"
        " den, der blev registreret før lukningen, kommer med, når tidspunktet står i registered_at"
    ),
    "came before, of another person or by somebody else: where it is that person, correct them by hand;"
    " where it is not, give the row a reference of its own": (
        "er brugt før, om en anden person eller af en anden: er det samme person, så ret personen i hånden;"
        " er det ikke, så giv rækken sin egen reference"
    ),
    "the kept file was deleted before all of its rows were imported, because somebody was forgotten or"
    " another import of it had ended: send the file again, and nobody goes in twice": (
        "den gemte fil blev slettet, før alle rækker var importeret, fordi nogen blev glemt, eller en anden"
        " import af den var færdig: send filen igen, ingen kommer ind to gange"
    ),
    "was corrected by this row: what was entered before is kept in the person's history": (
        "er rettet af denne række: det, der stod før, er gemt i personens historik"
    ),
    "came before, of somebody who has been forgotten since and whom no file registers again:"
    " register them by hand, where they ask for it themselves": (
        "er kommet før om en, der siden er slettet, og som ingen fil registrerer igen:"
        " registrér personen i hånden, hvis personen selv beder om det"
    ),
    "is an error of the spreadsheet, not a value": "er en fejl i regnearket, ikke en værdi",
    "is a formula whose value was not saved:"
    " open the file in Excel or LibreOffice, save it and send it again, or write the value itself": (
        "er en formel, hvis værdi ikke er gemt:"
        " åbn filen i Excel eller LibreOffice, gem den, og send den igen, eller skriv selve værdien"
    ),
    "is a formula, not its value: write the value itself": (
        "er en formel og ikke dens værdi: skriv selve værdien"
    ),
    "was too narrow for its value when the spreadsheet wrote the file: widen the column and save it again": (
        "var for smal til sin værdi, da regnearket skrev filen: gør kolonnen bredere, og gem den igen"
    ),
    "is merged with the cell above: split the cells, and write in each row what holds for it": (
        "er flettet med cellen ovenover: del cellerne, og skriv i hver række, hvad der gælder for den"
    ),
    "is a date, as a spreadsheet makes of some numbers and words: write it as text": (
        "er en dato, som et regneark gør nogle tal og ord til: skriv det som tekst"
    ),
    "is yes or no, as a spreadsheet makes of some words: write it as text": (
        "er ja eller nej, som et regneark gør nogle ord til: skriv det som tekst"
    ),
    "is a date, as a spreadsheet makes of 2026-1: compare it with the wording that was used": (
        "er en dato, som et regneark gør 2026-1 til: sammenlign med den tekst, der blev brugt"
    ),
    "has three digits, as in the Faroe Islands (FO): a Danish one has four, also where the first is a zero": (
        "har tre cifre som på Færøerne (FO): et dansk har fire, også hvor det første er et nul"
    ),
    "is hidden in the sheet: hidden rows are read like the others": (
        "er skjult i arket: skjulte rækker læses som de andre"
    ),
    "other sheets of the workbook hold rows, which were not read:"
    " import each by its name, or save each as a file of its own": (
        "andre ark i projektmappen har rækker, som ikke er læst:"
        " importér hvert ark ved dets navn, eller gem hvert som sin egen fil"
    ),
    "is not a column this import knows": "er ikke en kolonne, som importen kender",
    "stands twice": "står der to gange",
    "the file is empty: its first row must name the columns": (
        "filen er tom: dens første række skal nævne kolonnerne"
    ),
    "is neither an Excel workbook (.xlsx) nor CSV whose columns are divided by semicolon, comma or tabulator:"
    " save the list as one of them, with the names of the columns in its first row": (
        "er hverken en Excel-projektmappe (.xlsx) eller CSV med kolonner adskilt af semikolon, komma eller"
        " tabulator: gem listen som en af dem, med kolonnernes navne i første række"
    ),
    "is needed for the consents of this list, and stands nowhere:"
    " state it once for the whole list when you send it, or add the column": (
        "skal til for samtykkerne i denne liste og står ingen steder:"
        " skriv det én gang for hele listen, når du sender den, eller tilføj kolonnen"
    ),
    "is needed for each paper form, which has a number of its own: add the column": (
        "skal til for hvert papirskema, som har sit eget nummer: tilføj kolonnen"
    ),
    "says yes, but gives neither telephone nor e-mail: the consent to be contacted was left out": (
        "siger ja, men har hverken telefon eller e-mail: samtykket til kontakt er ikke taget med"
    ),
    "has fewer cells than there are headings: those missing were read as empty": (
        "har færre celler, end der er overskrifter: dem, der mangler, er læst som tomme"
    ),
    "has something in a column without a name": "har noget i en kolonne uden navn",
    "a quotation mark is opened and never closed": "et anførselstegn åbnes og lukkes aldrig",
    "a quotation mark does not stand at the beginning or the end of its cell": (
        "et anførselstegn står ikke først eller sidst i sin celle"
    ),
    "a line ends by CR alone: save the file as CSV UTF-8 and import it again": (
        "en linje ender med CR alene: gem filen som CSV UTF-8, og send den igen"
    ),
    "is not UTF-8: the file was read as Windows-1252; look at æ, ø and å": (
        "er ikke UTF-8: filen er læst som Windows-1252; se efter æ, ø og å"
    ),
    "is not UTF-8: save the file as CSV UTF-8 and import it again": (
        "er ikke UTF-8: gem filen som CSV UTF-8, og send den igen"
    ),
    "is UTF-8 in a file that began as Windows-1252: save all of it as CSV UTF-8": (
        "er UTF-8 i en fil, der begyndte som Windows-1252: gem det hele som CSV UTF-8"
    ),
    "is UTF-16: save the file as CSV UTF-8 and import it again": (
        "er UTF-16: gem filen som CSV UTF-8, og send den igen"
    ),
    "cannot be read as an Excel workbook: save it again as .xlsx, or as CSV UTF-8": (
        "kan ikke læses som en Excel-projektmappe: gem den igen som .xlsx, eller som CSV UTF-8"
    ),
    "is an old (.xls) or locked workbook: save it as .xlsx without a password, or as CSV UTF-8": (
        "er en gammel (.xls) eller låst projektmappe: gem den som .xlsx uden adgangskode, eller som CSV UTF-8"
    ),
    "is a Strict Open XML workbook: save it as an ordinary .xlsx, or as CSV UTF-8": (
        "er en Strict Open XML-projektmappe: gem den som almindelig .xlsx, eller som CSV UTF-8"
    ),
    "the workbook is damaged: neither this row nor what follows could be read": (
        "projektmappen er beskadiget: hverken denne række eller resten kunne læses"
    ),
    "unpacks to more than an import takes: save the sheet as CSV UTF-8": (
        "fylder mere udpakket, end en import tager: gem arket som CSV UTF-8"
    ),
    "is too large for a workbook: save the sheet as CSV UTF-8": (
        "er for stor til en projektmappe: gem arket som CSV UTF-8"
    ),
    "holds the character U+0000 (NUL), which no text may": "indeholder tegnet NUL, som ingen tekst må",
    "holds half a character (a lone surrogate): it was cut or damaged on its way": (
        "indeholder et halvt tegn: teksten er klippet eller beskadiget undervejs"
    ),
}
_WITH_PARTS: Final = (
    (re.compile(r"write one of: (.+)"), r"skriv en af: \1"),
    (re.compile(r"write one or more of: (.+)"), r"skriv en eller flere af: \1"),
    (re.compile(r"say how it was obtained: (.+)"), r"skriv, hvordan det blev indhentet: \1"),
    (re.compile(r"is longer than (\d+) (?:characters|bytes)"), r"er længere end \1 tegn"),
    (
        re.compile(
            r"belong to registration (\S+), under another name, and were left out here:"
            r" compare the number once more; two people decide in the list of duplicates"
            r" whether it is one person"
        ),
        (
            r"hører til registrering \1 under et andet navn og er ikke taget med her: sammenlign nummeret en"
            r" gang til; to personer afgør i listen over dubletter, om det er samme person"
        ),
    ),
    (
        re.compile(
            r"belongs to line (\d+) too, under another name, and was left out here: compare the number"
            r" once more; two people decide in the list of duplicates whether it is one person"
        ),
        (
            r"hører også til linje \1 under et andet navn og er ikke taget med her: sammenlign nummeret en"
            r" gang til; to personer afgør i listen over dubletter, om det er samme person"
        ),
    ),
    (
        re.compile(r"says the same as line (\d+): it was read once"),
        r"siger det samme som linje \1: den er læst én gang",
    ),
    (
        re.compile(r"is the person of line (\d+): what it says beyond that was added"),
        r"er personen fra linje \1: det, den siger derudover, er lagt til",
    ),
    (
        re.compile(r"is not a column this import knows: perhaps (.+) is meant"),
        r"er ikke en kolonne, som importen kender: måske menes \1",
    ),
    (
        re.compile(r"the file must have the columns (.+) and may have (.+)"),
        r"filen skal have kolonnerne \1 og kan have \2",
    ),
    (re.compile(r"has (\d+) cells instead of (\d+)"), r"har \1 celler i stedet for \2"),
)


def in_danish(reason: str) -> str | None:
    """Return the Danish for a reason; None for one that is not known here."""
    if reason in _PLAIN:
        return _PLAIN[reason]
    for pattern, danish in _WITH_PARTS:
        if found := pattern.fullmatch(reason):
            return found.expand(danish)
    return None
