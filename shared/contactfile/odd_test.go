package contactfile_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"convoc/shared/contactfile"
	"convoc/shared/errs"
)

// Files as programs and people make them. Each line of want is a contact, with a second address after its first, or a
// line in error.
func TestOddFiles(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a title above the headings", "Liste des élus au 1er janvier;;\r\n;;\r\nNom;Prénom;Courriel\r\nDupont;Jean;a@x.fr\r\n", []string{"4 a@x.fr Jean Dupont []", "1 address_missing"}},
		{"Outlook", "\"Titre\",\"Prénom\",\"Nom\",\"Adresse de messagerie\",\"Type de messagerie\",\"Nom complet de l'adresse de messagerie\"\r\n\"M.\",\"Jean\",\"Dupont\",\"Jean@X.fr\",\"SMTP\",\"Jean Dupont (jean@x.fr)\"\r\n", []string{"2 jean@x.fr Jean Dupont []"}},
		{"Thunderbird", "Prénom,Nom de famille,Nom à afficher,Surnom,Première adresse électronique,Adresse électronique secondaire\r\nJean,Dupont,Jean Dupont,jd,a@x.fr,b@x.fr\r\n", []string{"2 a@x.fr+b@x.fr Jean Dupont []"}},
		{"Google", "First Name,Last Name,Labels,E-mail 1 - Label,E-mail 1 - Value\nJean,Dupont,* myContacts ::: CM,Work,a@x.fr\n", []string{"2 a@x.fr Jean Dupont [CM]"}},
		{"headings of which none says mail", "Élu;Adresse\nJean;a@x.fr\n", []string{"2 a@x.fr Jean []"}},
		{"a heading that no list has, over addresses", "Nom;Prénom;Boîte\nDupont;Jean;a@x.fr\n", []string{"2 a@x.fr Jean Dupont []"}},
		{"one heading over several columns of groups", "mail;nom;groupes;;\na@x.fr;A;CM;Bureau;\n", []string{"2 a@x.fr A [CM, Bureau]"}},
		{"headings that are words of a first line in error", "contact.mail.fr;Amélie;CM\nb@x.fr;B;CM\n", []string{"2 b@x.fr B [CM]", "1 address_invalid"}},
		{"last and first name without headings", "Dupont;Jean;a@x.fr;CM\nMartin;Anne;b@x.fr;CM\n", []string{"1 a@x.fr Jean Dupont [CM]", "2 b@x.fr Anne Martin [CM]"}},
		{"first and last name without headings", "Jean;DUPONT;a@x.fr\nAnne;MARTIN;b@x.fr\n", []string{"1 a@x.fr Jean DUPONT []", "2 b@x.fr Anne MARTIN []"}},
		{"phones without headings", "a@x.fr;Jean;06 12 34 56 78;CM\nb@x.fr;Anne;0232000000;CM\n", []string{"1 a@x.fr Jean [CM]", "2 b@x.fr Anne [CM]"}},
		{"identifiers, and headings that SYLK begins with", "ID;Prénom;Mail\r\n1;Jean;a@x.fr\r\n", []string{"2 a@x.fr Jean []"}},
		{"several groups in a cell", "a@x.fr;A;CM|Bureau\nb@x.fr;B;\"CM; Finances\"\nc@x.fr;C;\"CM\nBureau\"\n", []string{"1 a@x.fr A [CM, Bureau]", "2 b@x.fr B [CM, Finances]", "3 c@x.fr C [CM, Bureau]"}},
		{"a comma in the name of a group", "a@x.fr;A;Travaux, voirie\nb@x.fr;B;Travaux\nc@x.fr;C;\"Travaux, voirie\"\n", []string{"1 a@x.fr A [Travaux, voirie]", "2 b@x.fr B [Travaux]", "3 c@x.fr C [Travaux, voirie]"}},
		{"commas between groups that stand alone elsewhere", "a@x.fr;A;\"CM, Bureau\"\nb@x.fr;B;CM\nc@x.fr;C;Bureau\n", []string{"1 a@x.fr A [CM, Bureau]", "2 b@x.fr B [CM]", "3 c@x.fr C [Bureau]"}},
		{"two addresses of one person", "\"a@x.fr, b@x.fr\";Jean;CM\nc@x.fr / d@x.fr;Zoé;\n\"e@x.fr\nf@x.fr\";Luc;\n", []string{"1 a@x.fr+b@x.fr Jean [CM]", "2 c@x.fr+d@x.fr Zoé []", "3 e@x.fr+f@x.fr Luc []"}},
		{"three addresses of one person", "\"a@x.fr, b@x.fr, c@x.fr\";Jean\nd@x.fr;A\n", []string{"2 d@x.fr A []", "1 too_many_addresses"}},
		{"two persons in a cell", "\"Anne <a@x.fr>, Bruno <b@x.fr>\";;CM\nc@x.fr;C;\n", []string{"2 c@x.fr C []", "1 several_persons"}},
		{"a second address that is none", "mail;mail 2;nom\na@x.fr;b@x,fr;A\nc@x.fr;;C\n", []string{"3 c@x.fr C []", "2 address_invalid"}},
		{"an address in brackets", "Jean Dupont (a@x.fr);;CM\nb@x.fr (perso);B;CM\nAnne [mailto:c@x.fr];;\n", []string{"1 a@x.fr Jean Dupont [CM]", "2 b@x.fr B [CM]", "3 c@x.fr Anne []"}},
		{"smart quotes", "“a@x.fr”;«\u00a0Jean\u00a0»;“CM”\n", []string{"1 a@x.fr Jean [CM]"}},
		{"a link", "mailto:A@x.fr?subject=x;Jean;CM\n", []string{"1 a@x.fr Jean [CM]"}},
		{"Excel's text", "=\"a@x.fr\";=\"Jean\";=\"CM\"\n", []string{"1 a@x.fr Jean [CM]"}},
		{"accents in two characters", "a@x.fr;Rene\u0301;E\u0301lus\nb@x.fr;B;Élus\n", []string{"1 a@x.fr René [Élus]", "2 b@x.fr B [Élus]"}},
		{"a quote that is never closed", "a@x.fr;Jean;\"CM\nb@x.fr;B;CM\nc@x.fr;\"C\";CM\n", []string{"1 a@x.fr Jean [CM]", "2 b@x.fr B [CM]", "3 c@x.fr C [CM]"}},
		{"a separator in quotes", "\"sep=,\"\r\na@x.fr,\"Dupont; Jean\",CM\r\n", []string{"2 a@x.fr Dupont; Jean [CM]"}},
		{"a separator after Excel has saved it again", "sep=;;;;\na@x.fr;A;;;\n", []string{"2 a@x.fr A []"}},
		{"commas in most names", "a@x.fr;Dupont, Jean, Pierre\nb@x.fr;Martin, Anne, Zoé\n", []string{"1 a@x.fr Dupont, Jean, Pierre []", "2 b@x.fr Martin, Anne, Zoé []"}},
		{"line ends of all kinds", "a@x.fr;A\n\rb@x.fr;B\r\n\r\nc@x.fr;C\r", []string{"1 a@x.fr A []", "3 b@x.fr B []", "5 c@x.fr C []"}},
		{"an end mark of DOS", "a@x.fr;A\r\n\x1a", []string{"1 a@x.fr A []"}},
		{"a line of 64 KB", "a@x.fr;A;CM" + strings.Repeat(";", 64<<10) + "\nb@x.fr;B;CM\n", []string{"1 a@x.fr A [CM]", "2 b@x.fr B [CM]"}},
		{"66 cells of 1 KB", "a@x.fr;A" + strings.Repeat(";"+strings.Repeat("1", 1000), 64) + "\nb@x.fr;B\n", []string{"1 a@x.fr A []", "2 b@x.fr B []"}},
		{"a domain beyond ASCII, twice", "a@XN--MAIRIE-VRY-H7A.fr;A;\na@mairie-évry.fr;A;\n", []string{"1 a@xn--mairie-vry-h7a.fr A []"}},
		{"a person on paper", "mail;nom;papier\n;Jean;oui\nb@x.fr;Anne;non\n;Paul;\n", []string{"2  Jean []", "3 b@x.fr Anne []", "4 address_missing"}},
		{"a yes that is none", "mail;actif\na@x.fr;oui\nb@x.fr;peut-être\n", []string{"2 a@x.fr  []", "3 yes_no_invalid"}},
		{"ranks", "mail;ordre\na@x.fr;1er\nb@x.fr;n° 2\nc@x.fr;dernier\nd@x.fr;10000\ne@x.fr;9999\nf@x.fr;0\n", []string{"2 a@x.fr  []", "3 b@x.fr  []", "6 e@x.fr  []", "4 rank_invalid", "5 rank_invalid", "7 rank_invalid"}},
		{"an address in another cell", "mail;nom\nJean;a@x.fr\nb@x.fr;B\n", []string{"3 b@x.fr B []", "2 address_invalid"}},
		{"one person under two addresses", "a@x.fr, b@x.fr;Jean\nb@x.fr;Jean;CM\n", []string{"1 a@x.fr+b@x.fr Jean [CM]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := read(t, c.text)
			var got []string
			for _, l := range lines(f) {
				for _, p := range f.Contacts {
					if p.Second != "" {
						l = strings.Replace(l, string(p.Address)+" ", string(p.Address+"+"+p.Second)+" ", 1)
					}
				}
				got = append(got, l)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// All columns of the contact, from headings as they are met.
func TestColumnsOfAPerson(t *testing.T) {
	f := read(t, "Civ.;NOM;Prénom(s);Qualité;Tél. fixe;Tél. portable;E-mail pro;E-mail perso;En exercice;Envoi papier;N° d'ordre;Suppléant de;Commission 1;Commission 2\n"+
		"Mme;NOËL;Zoé;1re adjointe;612345678;02 32 00 00 00;a@x.fr;b@x.fr;Oui;non;2;Paul Roy;Finances;Travaux\n")
	want := contactfile.Contact{
		Line: 2, Address: "a@x.fr", Second: "b@x.fr", Civility: "Mme", FirstName: "Zoé", LastName: "NOËL", Name: "Zoé NOËL", Function: "1re adjointe",
		Phone: "0612345678 / 02 32 00 00 00", Active: contactfile.Yes, Paper: contactfile.No, Rank: 2, SubstituteOf: "Paul Roy", Groups: []string{"Finances", "Travaux"},
	}
	if len(f.Contacts) != 1 || !slices.Equal(f.Contacts[0].Groups, want.Groups) {
		t.Fatalf("got %+v, %+v", f.Contacts, f.Errors)
	}
	got := f.Contacts[0]
	got.Groups, want.Groups = nil, nil
	if got.Address != want.Address || got.Second != want.Second || got.Name != want.Name || got.Phone != want.Phone || got.Rank != want.Rank ||
		got.Civility != want.Civility || got.Function != want.Function || got.Active != want.Active || got.Paper != want.Paper || got.SubstituteOf != want.SubstituteOf {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFilesThatAreNoTableAreNamed(t *testing.T) {
	for _, c := range []struct{ name, text, code string }{
		{"SYLK", "ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K\"a@x.fr\"\r\nE\r\n", contactfile.CodeSLK},
		{"DIF", "TABLE\r\n0,1\r\n\"EXCEL\"\r\nVECTORS\r\n", contactfile.CodeDIF},
		{"columns aligned by spaces", "a@x.fr        Jean Dupont     CM\r\nbb@x.fr       Anne            CM\r\n", contactfile.CodePRN},
		{"a page in one file", "MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", contactfile.CodeMHT},
		{"Excel 2003", "<?xml version=\"1.0\"?>\r\n<?mso-application progid=\"Excel.Sheet\"?><Workbook>", contactfile.CodeXML},
		{"a page that says it is XML", "<?xml version=\"1.0\"?><!DOCTYPE html><html>", contactfile.CodeHTML},
		{"a page in UTF-16", "\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", contactfile.CodeHTML},
		{"a page with a mark", "\xef\xbb\xbf\r\n<meta charset=utf-8>", contactfile.CodeHTML},
		{"flat OpenDocument", "<?xml version=\"1.0\"?><office:document xmlns:office=\"urn:oasis\">", contactfile.CodeODS},
		{"cards", "BEGIN:VCARD\r\nEMAIL:a@x.fr\r\n", contactfile.CodeVCard},
		{"LDIF", "dn: cn=Jean,mail=a@x.fr\nmail: a@x.fr\n", contactfile.CodeLDIF},
		{"JSON", "[{\"mail\":\"a@x.fr\"}]", contactfile.CodeJSON},
		{"RTF", "{\\rtf1 a@x.fr}", contactfile.CodeRTF},
		{"an image", "\x89PNG\r\n\x1a\n", contactfile.CodeImage},
		{"a photo", "\xff\xd8\xff\xe0", contactfile.CodeImage},
		{"gzip", "\x1f\x8b\x08a", contactfile.CodeZIP},
		{"Word", "\xd0\xcf\x11\xe0" + "W\x00o\x00r\x00d\x00D\x00o\x00c\x00u\x00m\x00e\x00n\x00t\x00", contactfile.CodeWord},
		{"Excel 4", "\x09\x08\x06\x00", contactfile.CodeXLS},
		{"UTF-32", "\xff\xfe\x00\x00a\x00\x00\x00@\x00\x00\x00", contactfile.CodeBinary},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := contactfile.Read(contactfile.Text(c.text), contactfile.Options{})
			if refusal, _ := errs.As(err); !errors.Is(err, contactfile.ErrFile) || refusal.About != c.code {
				t.Errorf("got %v about %+v", err, refusal)
			}
		})
	}
	if got := lines(read(t, "<tremblay@x.fr>;A\n")); !slices.Equal(got, []string{"1 tremblay@x.fr A []"}) {
		t.Errorf("an address in brackets is no page: got %q", got)
	}
}

func TestWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":             {"a@x.fr;René Âgé Ô\n", nil},
		"decoded wrongly":     {"a@x.fr;RenÃ©\n", []string{contactfile.WarningMojibake}},
		"letters lost":        {"a@x.fr;Ren\uFFFD\n", []string{contactfile.WarningLostAccents}},
		"pasted from afar":    {"a@x.fr;Zoé Noël été Élu\nb@x.fr;Ren\xe9\n", []string{contactfile.WarningMixed}},
		"in another encoding": {"a@x.fr;Ren\xe9\n", nil},
	} {
		f := read(t, c.text)
		if !slices.Equal(f.Warnings, c.want) {
			t.Errorf("%s: got %q", name, f.Warnings)
		}
	}
	if got := lines(read(t, "a@x.fr;Zoé Noël été Élu\nb@x.fr;Ren\xe9\n")); got[1] != "2 b@x.fr René []" {
		t.Errorf("what was pasted is read as it is: got %q", got)
	}
}

func TestLimitsOfRowsAndDetails(t *testing.T) {
	other := "mail;fonction\n"
	row := func(n int) string { return "\na@x.fr;" + strings.Repeat(";", n-len("a@x.fr;")) + "\nb@x.fr;B\n" }
	groups := func(n int) (text string) {
		for i := range n {
			text += "a" + strings.Repeat("b", i%60) + "@x.fr;A;G" + strings.Repeat("i", i/60) + "." + strings.Repeat("j", i%60) + "\n"
		}
		return text
	}
	for name, c := range map[string]struct {
		text string
		want error
		code string
	}{
		"a row of 524,287 bytes":       {row(512<<10 - 1), nil, ""},
		"a row of 524,288 bytes":       {row(512 << 10), nil, ""},
		"a row of 524,289 bytes":       {row(512<<10 + 1), nil, "too_long"},
		"a function of 200 characters": {other + "a@x.fr;" + strings.Repeat("é", 200), nil, ""},
		"a function of 201 characters": {other + "a@x.fr;" + strings.Repeat("é", 201), nil, "detail_too_long"},
		"1,000 groups":                 {groups(1_000), nil, ""},
		"1,001 groups":                 {groups(1_001), contactfile.ErrManyGroups, ""},
	} {
		f, err := contactfile.Read(contactfile.Text(c.text), contactfile.Options{})
		code := ""
		for _, e := range f.Errors {
			code += e.Code
		}
		if !errors.Is(err, c.want) || code != c.code {
			t.Errorf("%s: got %v, lines in error %q", name, err, code)
		}
	}
	if got := lines(read(t, row(1<<20))); !slices.Equal(got, []string{"3 b@x.fr B []", "2 too_long"}) {
		t.Errorf("what comes after a row that is too long: got %q", got)
	}
}
