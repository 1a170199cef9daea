"""Whole reports as other companies' CRMs write them: titles, groups, footers, and the words of their country."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import TYPE_CHECKING

import xlsxwriter

from xlfunnel.crm import Exports, Rule

if TYPE_CHECKING:
    from tests.crm.conftest import Read, Save

FRENCH = """\
|Propriétaire de l'opportunité|Nom de l'opportunité  ↑|Étape|Date de clôture|Montant (converti) Devise|\
Montant (converti)|Date de création|Origine de la piste|Type|ID de l'opportunité
|Luc Petit|Ardoise, 40 postes|Fermée/Gagnée|12/06/2026|EUR|12 400,00|03/02/2026|Partenaire|Nouveau|0061r00001AAAAA
|Luc Petit|Bois & Cie|Fermée/Perdue|28/02/2026|EUR|0,00|15/01/2026|Site Web|Nouveau|0061r00001AAAAB
|Inès Roy|Colline|Négociation/Révision|31/10/2026|EUR|8 050,50|22/08/2026|Appel|Renouvellement|0061r00001AAAAC
|Inès Roy|Dune|Fermée/Gagnée|01/07/2026|EUR|7 000,00|01/05/2026|Salon|Nouveau|0061r00001AAAAD
|Total||||EUR|27 450,50
|Nombre d'enregistrements|4

Informations confidentielles - Ne pas distribuer
Copyright © 2000-2026 salesforce.com, inc. Tous droits réservés.
"""
ACTIVITIES = """Date;Objet;Type;Statut;Attribué à;ID d'activité;ID de l'opportunité
05/02/2026;Inscription au webinaire de février;Webinaire;Terminé;Marketing;00T1;0061r00001AAAAA
10/02/2026;Appel découverte;Appel;Terminé;Luc Petit;00T2;0061r00001AAAAA
02/05/2026;Appel;Appel;Terminé;Inès Roy;00T3;0061r00001AAAAD
22/05/2026;Visite du stand;Salon;Terminé;Marketing;00T4;0061r00001AAAAD
22/12/2026;Relance;Appel;Non commencé;Inès Roy;00T5;0061r00001AAAAC
"""
GROUPED = """<html><body><table border=1>
<tr><td colspan="10"><b>Pipeline &amp; Closed</b></td></tr><tr><td colspan=10>As of 9/30/2026 &bull; Sam Lee</td></tr>
<tr><td colspan=10>&nbsp;</td></tr>
<tr><th>Opportunity Owner</th><th>Opportunity Name</th><th>Stage</th><th>Created Date</th><th>Close Date</th>
<th>Amount Currency</th><th>Amount</th><th>Opportunity ID</th></tr>
<tr><td colspan=10><b>Opportunity Owner: Sam Lee (2 records)</b></td></tr>
<tr><td>Sam Lee</td><td>Acme<br>phase 2</td><td>Closed Won</td><td>1/13/2026</td><td>3/2/2026</td><td>USD</td>
<td>12,000.00</td><td>0061r00001BBBB1</td></tr>
<tr><td>Sam Lee</td><td>Beta&nbsp;Inc.</td><td>Closed Lost</td><td>2/3/2026</td><td>4/20/2026</td><td>USD</td>
<td>0.00</td><td>0061r00001BBBB2</td></tr>
<tr><td colspan=6>Subtotal</td><td>12,000.00</td><td></td></tr>
<tr><td colspan=10><b>Opportunity Owner: Kim Roe (1 record)</b></td></tr>
<tr><td>Kim Roe</td><td>Core</td><td>Negotiation/Review</td><td>7/3/2026</td><td>12/31/2026</td><td>USD</td>
<td>9,000.00</td><td>0061r00001BBBB3</td></tr>
<tr><td colspan=6>Grand Totals (3 records)</td><td>21,000.00</td><td></td></tr></table>
<table><tr><td>Confidential Information - Do Not Distribute</td></tr></table></body></html>
"""
GERMAN = """"Datensatz-ID","Deal-Name","Pipeline","Deal-Phase","Betrag in Unternehmenswährung","Erstelldatum",\
"Abschlussdatum","Für Deal zuständiger Mitarbeiter","Ursprüngliche Traffic-Quelle"
"9001","Müller GmbH","Vertrieb","Abgeschlossen und gewonnen","12500.5","2026-01-13 09:04","2026-04-02 11:00","Jana",""
"9002","Schäfer","Vertrieb","Abgeschlossen und verloren","4000","2026-02-03 09:04","2026-03-02 11:00","Jana",""
"9003","Öz KG","Vertrieb","Präsentation geplant","9000","2026-07-03 09:04","2026-11-02 11:00","Tom","Offline-Quellen"
"9004","Verlängerung","Renewals","Vertrag gesendet","","2026-07-13 09:04","2026-12-02 11:00","Tom",""
"""


def report(table: str) -> bytes:
    """An XLSX report below a merged title, with every value as text."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Rapport")
        sheet.merge_range(0, 0, 0, 9, "Opportunités clôturées et ouvertes", book.add_format({"bold": True}))
        for place, text in enumerate(("Généré par Anne Rivière", "", "Filtré par", "   Afficher : Toutes"), start=1):
            sheet.write(place, 0, text)
        for row, line in enumerate(table.splitlines(), start=7):
            for column, text in enumerate(line.split("|")):
                sheet.write_string(row, column, text)
    return content.getvalue()


DYNAMICS = """\
(Nicht ändern) Verkaufschance|(Nicht ändern) Zeilenprüfsumme|(Nicht ändern) Geändert am|Thema|Potenzieller Kunde|\
Status|Statusgrund|Erstellt am|Tatsächliches Abschlussdatum|Gesch. Abschlussdatum|Tatsächlicher Umsatz|Gesch. Umsatz|\
Währung
1|a==|01.09.2026 08:00|Pumpen|Adler AG|Gewonnen|Gewonnen|13.01.2026 09:04|02.04.2026||12.000,50|10.000,00|Euro
2|b==|01.09.2026 08:00|Ventile|Bär KG|Verloren|Ausverkauft|03.02.2026 11:30|02.03.2026|||4.000,00|Euro
3|c==|01.09.2026 08:00|Rohre|Bär KG|Verloren|Storniert|03.02.2026 11:30|12.03.2026|||4.000,00|Euro
4|d==|01.09.2026 08:00|Dichtung|Cohn|Offen|In Bearbeitung|13.07.2026 10:00||24.12.2026||9.000,00|Euro
"""


def deals(exports: Exports, *columns: str) -> list[tuple[object, ...]]:
    assert exports.opportunities is not None
    return [tuple(row[name] for name in columns) for row in exports.opportunities.to_pylist()]


def test_a_french_report_of_salesforce_with_its_activities(save: Save, read: Read) -> None:
    exports = read(save(report(FRENCH), "rapport.xlsx"), save(ACTIVITIES, "activites.csv", "cp1252"))
    first, second = exports.files
    assert (first.crm, first.read, first.used, first.notes[0]) == (
        "Salesforce", 4, 4, "Read with the day first: Date de création, Date de clôture",
    )  # fmt: skip
    assert (second.crm, second.read, second.used) == ("Salesforce", 5, 4)
    assert [(one.file, one.row, one.rule) for one in exports.set_aside] == [("activites.csv", 6, Rule.NOT_DONE)]
    assert deals(exports, "status", "amount", "pipeline", "touched", "sourced") == [
        ("won", 12_400.0, "Nouveau", True, True),
        ("lost", 0.0, "Nouveau", None, None),
        ("open", 8_050.5, "Renouvellement", None, None),
        ("won", 7_000.0, "Nouveau", True, False),
    ]
    assert exports.currency == "EUR"
    day = date(1970, 1, 1) + timedelta(exports.opportunities["closed_day"].to_pylist()[0])  # type: ignore[index]
    assert day == date(2026, 6, 12)


def test_a_german_export_of_dynamics(save: Save, read: Read) -> None:
    exports = read(save(report(DYNAMICS), "Verkaufschancen.xlsx"))
    assert (exports.files[0].crm, exports.currency, exports.set_aside) == ("Dynamics 365", "EUR", ())
    assert deals(exports, "name", "status", "amount", "cycle_days") == [
        ("Pumpen", "won", 12_000.5, 79), ("Ventile", "lost", 4_000.0, 27), ("Rohre", "no decision", 4_000.0, 37),
        ("Dichtung", "open", 9_000.0, None),
    ]  # fmt: skip


GROUPS = """\
Lead Source  ↑|Opportunity Name|Stage|Created Date|Close Date|Amount
Partner (2)|Acme|Closed Won|1/13/2026|3/2/2026|12,000.00
|Beta|Closed Lost|2/3/2026|4/20/2026|500.00
Subtotal||Sum|||12,500.00
||Count|||2
-|Core|Closed Won|2/13/2026|3/2/2026|700.00
Subtotal||Sum|||700.00
||Count|||1
Webinar (1)|Dune|Negotiation|7/3/2026|12/31/2026|9,000.00
Subtotal||Sum|||9,000.00
||Count|||1
Total||Sum|||22,200.00
||Count|||4
"""


def test_the_name_of_a_group_holds_for_every_record_below_it(save: Save, read: Read) -> None:
    exports = read(save(report(GROUPS.replace("-|Core", "- (1)|Core")), "grouped.xlsx"))
    assert (exports.files[0].read, exports.files[0].lines_skipped) == (4, 7 + 8)
    assert deals(exports, "name", "source") == [
        ("Acme", "Partner"), ("Beta", "Partner"), ("Core", None), ("Dune", "Webinar"),
    ]  # fmt: skip


def test_without_subtotals_a_sorted_column_has_blank_cells_of_its_own(save: Save, read: Read) -> None:
    plain = "".join(line for line in GROUPS.splitlines(keepends=True) if not line.startswith(("Subtotal", "||")))
    exports = read(save(report(plain), "sorted.xlsx"))
    assert [source for (source,) in deals(exports, "source")] == ["Partner (2)", None, None, "Webinar (1)"]


def test_a_grouped_report_as_a_web_page(save: Save, read: Read) -> None:
    exports = read(save(GROUPED, "report1696.xls"))
    (file,) = exports.files
    assert (file.read, file.used, exports.set_aside) == (3, 3, ())
    assert deals(exports, "name", "status", "amount") == [
        ("Acme\nphase 2", "won", 12_000.0), ("Beta Inc.", "lost", 0.0), ("Core", "open", 9_000.0),
    ]  # fmt: skip


def test_a_german_export_of_hubspot(save: Save, read: Read) -> None:
    exports = read(save(GERMAN, "hubspot-crm-exports-alle-deals-2026-09-30.csv"), pipelines_left_out=["Renewals"])
    assert exports.files[0].crm == "HubSpot"
    assert deals(exports, "name", "status", "amount", "counted") == [
        ("Müller GmbH", "won", 12_500.5, True), ("Schäfer", "lost", 4_000.0, True), ("Öz KG", "open", 9_000.0, True),
        ("Verlängerung", "open", None, False),
    ]  # fmt: skip
