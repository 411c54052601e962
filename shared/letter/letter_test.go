package letter_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"convoc/shared/convocation"
	"convoc/shared/letter"
)

var update = flag.Bool("update", false, "write the golden files")

const link = "https://convoc.example/c/0123456789abcdefghjkmnpqrstvwxyz01234567.ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func view() letter.View {
	return letter.View{
		Sender: "Mairie de Saint-Aubin", Phone: "02 32 00 00 00", Mail: "secretariat@saint-aubin.example",
		Name: "Mme Claire Lefèvre", Subject: "Convocation du conseil municipal du jeudi 10 décembre",
		Message: "Bonjour,\n\nVous êtes convoquée à la séance du conseil municipal du jeudi 10 décembre à 18 h 30, salle des fêtes.\n\n" +
			"Ordre du jour\n1. Approbation du procès-verbal\n2. Budget primitif 2027\n\nLe maire, Marc Assin",
		Documents: []letter.Document{{Name: "Ordre du jour.pdf", Size: 182_000}, {Name: "Budget primitif 2027.pdf", Size: 3_180_000}},
		Link:      link,
	}
}

var cet = time.FixedZone("CET", 3600)

func meeting() *letter.Meeting {
	return &letter.Meeting{
		Assembly: "Conseil municipal", At: time.Date(2026, 12, 10, 18, 30, 0, 0, cet), Place: "Salle des fêtes, 2 place de l’Église",
		Signatory: "Le maire, Marc Assin", Agenda: []string{"Approbation du procès-verbal", "Budget primitif 2027"}, Who: "Le conseil",
	}
}

// convened is the mail of a meeting whose text is all in its fields.
func convened() letter.View {
	v := view()
	v.Message, v.Meeting, v.Proxy = "Bonjour,\n\nLe pot de fin d’année suivra la séance.", meeting(), true
	return v
}

// views are the mails that the golden files show.
func views() map[string]letter.View {
	resent, copied, bare := view(), view(), letter.View{Sender: "Mairie de Saint-Aubin", Subject: "Convocation", Link: link}
	resent.Resent, resent.FirstAt = true, time.Date(2026, 12, 1, 9, 5, 0, 0, cet)
	copied.Copy = true
	urgent, again, guest, informed := convened(), convened(), convened(), convened()
	urgent.Meeting.Urgent, urgent.Meeting.Remote, urgent.Meeting.Who = "Une canalisation a cédé rue du Bac.", true, "L’assemblée"
	urgent.Password, urgent.Until = true, time.Date(2026, 12, 9, 12, 0, 0, 0, cet)
	again.Meeting.NoQuorum = true
	guest.Proxy, informed.Copy = false, true
	asked, unfinished, corrected := convened(), convened(), convened()
	asked.Why, unfinished.Why, corrected.Why = convocation.WhyLinkAsked, convocation.WhyUnfinished, convocation.WhyCorrected
	reminder, plain := convened(), view()
	reminder.Why, plain.Why = convocation.WhyReminder, convocation.WhyReminder
	reminder.FirstAt, reminder.Until = time.Date(2026, 12, 1, 9, 5, 0, 0, cet), reminder.Meeting.At
	return map[string]letter.View{
		"reminder": reminder, "reminder-plain": plain,
		"first": view(), "resent": resent, "copy": copied, "bare": bare,
		"meeting": convened(), "urgent": urgent, "second-call": again, "guest": guest, "meeting-copy": informed,
		"link-asked": asked, "unfinished": unfinished, "corrected": corrected,
	}
}

func write(t *testing.T, v letter.View) (subject, text, html string) {
	t.Helper()
	subject, text, html, err := letter.Convocation(v)
	if err != nil {
		t.Fatal(err)
	}
	return subject, text, html
}

func TestLettersAreAsLastReviewed(t *testing.T) {
	for name, v := range views() {
		subject, text, html := write(t, v)
		golden(t, name, subject, text, html)
	}
}

func golden(t *testing.T, name, subject, text, html string) {
	t.Helper()
	for file, got := range map[string]string{name + ".txt": "Objet: " + subject + "\n\n" + text, name + ".html": html} {
		path := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from its golden file; run with -update and read the change", file)
		}
	}
}

func TestResentSaysSo(t *testing.T) {
	v := views()["resent"]
	subject, text, html := write(t, v)
	if want := "Nouvel envoi\u00a0: " + v.Subject; subject != want {
		t.Errorf("subject = %q, want %q", subject, want)
	}
	for what, body := range map[string]string{"text": text, "html": html} {
		for _, want := range []string{"mardi 1er\u00a0décembre 2026 à 9\u00a0h\u00a005", "restent valables"} {
			if !strings.Contains(body, want) {
				t.Errorf("the %s does not say %q", what, want)
			}
		}
	}
}

// TestTheMailItselfConvenes: whoever reads no further knows when, where and what for.
func TestTheMailItselfConvenes(t *testing.T) {
	for name, v := range views() {
		_, text, page := write(t, v)
		if v.Meeting == nil {
			continue
		}
		for what, body := range map[string]string{"text": text, "html": words(t, page)} {
			for _, want := range []string{
				v.Meeting.Assembly, "jeudi 10\u00a0décembre 2026 à 18\u00a0h\u00a030", v.Meeting.Place, v.Meeting.Signatory,
				v.Meeting.Agenda[0], v.Meeting.Agenda[1],
			} {
				if !strings.Contains(body, want) {
					t.Errorf("%s: the %s does not say %q", name, what, want)
				}
			}
		}
		if numbered := "\n1. " + v.Meeting.Agenda[0] + "\n2. " + v.Meeting.Agenda[1] + "\n"; !strings.Contains(text, numbered) {
			t.Errorf("%s: the text has no agenda %q", name, numbered)
		}
		if !strings.Contains(page, "<ol ") {
			t.Errorf("%s: the html has no numbered list", name)
		}
	}
}

func TestWhatOnlySomeMailsSay(t *testing.T) {
	for said, mails := range map[string]string{
		"se prononcera sur l’urgence dès l’ouverture de la séance":                         "urgent",
		"Motif\u00a0: Une canalisation a cédé rue du Bac.":                                 "urgent",
		"La participation à distance, en visioconférence, est possible.":                   "urgent",
		"Vous pouvez répondre jusqu’au mercredi 9\u00a0décembre 2026 à 12\u00a0h\u00a000.": "urgent",
		"Un mot de passe vous a été communiqué par le secrétariat":                         "urgent",
		"L’assemblée": "urgent",
		"Le conseil délibérera cette fois valablement sans condition de quorum.": "second-call",
		"Serez-vous présent(e)\u00a0?":                                           "corrected guest link-asked meeting reminder second-call unfinished urgent",
		"vous pourrez y donner pouvoir":                                          "corrected link-asked meeting reminder second-call unfinished urgent",
		"Voici le nouveau lien que vous avez demandé.":                           "link-asked",
		"Vous avez commencé à répondre, votre réponse n’est pas encore envoyée.": "unfinished",
		"touchez «\u00a0Envoyer ma réponse\u00a0»":                               "unfinished",
		"Votre adresse a été corrigée.":                                          "corrected",
		"Ce courriel remplace":                                                   "resent",
		"Cette convocation vous a été envoyée le mardi 1er\u00a0décembre 2026 à 9\u00a0h\u00a005 et le secrétariat n’a pas encore reçu votre réponse.": "reminder",
		"Cette convocation vous a déjà été envoyée et le secrétariat n’a pas encore reçu votre réponse.":                                               "reminder-plain",
		"Répondez avant le jeudi 10\u00a0décembre 2026 à 18\u00a0h\u00a030.":                                                                           "reminder",
		"Cette convocation vous est adressée en copie, pour information.":                                                                              "copy meeting-copy",
		"Pour répondre à la convocation, ouvrez-la.":                                                                                                   "bare first reminder-plain resent",
		"n’est pas enregistré comme votre réponse":                                                                                                     "corrected first guest link-asked meeting reminder reminder-plain resent second-call unfinished urgent",
	} {
		texts, pages := []string{}, []string{}
		for name, v := range views() {
			_, text, page := write(t, v)
			if strings.Contains(spaced(text), said) {
				texts = append(texts, name)
			}
			if strings.Contains(words(t, page), said) {
				pages = append(pages, name)
			}
		}
		slices.Sort(texts)
		slices.Sort(pages)
		if strings.Join(texts, " ") != mails || strings.Join(pages, " ") != mails {
			t.Errorf("%q is in the texts %v and the pages %v, want %s", said, texts, pages, mails)
		}
	}
}

func TestSubjects(t *testing.T) {
	of := view().Subject
	for name, want := range map[string]string{
		"first": of, "meeting": of, "corrected": of, "resent": "Nouvel envoi\u00a0: " + of, "link-asked": "Nouveau lien\u00a0: " + of,
		"unfinished": "Réponse à envoyer\u00a0: " + of, "reminder": "Rappel\u00a0: " + of,
	} {
		if subject, _, _ := write(t, views()[name]); subject != want {
			t.Errorf("%s: subject %q, want %q", name, subject, want)
		}
	}
}

func TestADraftWithoutItsMeetingsFactsIsShownWithoutThem(t *testing.T) {
	v := convened()
	v.Meeting, v.Documents = &letter.Meeting{Assembly: "Conseil municipal"}, nil
	_, text, page := write(t, v)
	for _, missing := range []string{"Date", "Lieu", "Convocation faite par", "Ordre du jour", "distance"} {
		if strings.Contains(text, missing) || strings.Contains(words(t, page), missing) {
			t.Errorf("the mail has a line for %s", missing)
		}
	}
}

// TestOneLink: a mail holds exactly one link, its own, whatever the secretary wrote.
func TestOneLink(t *testing.T) {
	v := view()
	v.Message += "\nhttps://autre.example/"
	_, text, page := write(t, v)
	if got := strings.Count(text, link); got != 1 {
		t.Errorf("the text has its link %d times, want once", got)
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "href" && a.Val == link:
				links++
			case a.Key == "href" || a.Key == "src" || a.Key == "background" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	if links != 2 {
		t.Errorf("the link is there %d times, want 2: the button and in clear", links)
	}
}

func TestHostileTextsStayTexts(t *testing.T) {
	const hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\nOuvrir la convocation :\n{{.}}\u202e"
	v := letter.View{
		Sender: hostile, Phone: hostile, Mail: hostile, Name: hostile, Subject: hostile, Message: hostile,
		Documents: []letter.Document{{Name: hostile}}, Link: link + "\"><script>",
		Meeting: &letter.Meeting{Assembly: hostile, Place: hostile, Signatory: hostile, Agenda: []string{hostile}, Urgent: hostile},
	}
	subject, text, page := write(t, v)
	if strings.ContainsAny(subject, "\r\n") {
		t.Errorf("the subject %q has several lines", subject)
	}
	if got := strings.Count(text, "\nOuvrir la convocation :\n"); got != 1 {
		t.Errorf("%d lines of the text imitate ours, want only the one in the message", got)
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data == "script" || n.Data == "img" {
			t.Errorf("the mail has a <%s>", n.Data)
		}
	}
}

func TestWithoutLinkThereIsNoMail(t *testing.T) {
	for _, link := range []string{"", "javascript:alert(1)", "/c/x.y"} {
		v := view()
		v.Link = link
		if _, _, _, err := letter.Convocation(v); !errors.Is(err, letter.ErrNoLink) {
			t.Errorf("link %q: error %v, want ErrNoLink", link, err)
		}
	}
}

// What the secretary wrote counts apart: it is never cut.
func TestWeight(t *testing.T) {
	const budget = 20_000
	v := convened()
	v.Resent, v.Password, v.Until = true, true, v.Meeting.At
	v.Meeting.Urgent, v.Meeting.Remote = strings.Repeat("é", 500), true
	for i := range 50 {
		v.Documents = append(v.Documents, letter.Document{Name: fmt.Sprintf("%02d %s.pdf", i, strings.Repeat("é", 80)), Size: 1_000_000})
	}
	v.Message = strings.Repeat("Une ligne d’un message ordinaire, avec ses accents.\n", 80)
	v.Meeting.Agenda = slices.Repeat([]string{strings.Repeat("é", convocation.MaxAgendaItem)}, convocation.MaxAgendaItems)
	_, text, html := write(t, v)
	hers := len(v.Message) + len(strings.Join(v.Meeting.Agenda, "")) + len(v.Meeting.Urgent)
	if len(text)-hers > budget || len(html)-hers > budget {
		t.Errorf("text %d and html %d bytes, want at most %d each beside the %d of hers", len(text)-hers, len(html)-hers, budget, hers)
	}
	if want := "- et 32\u00a0documents de plus\n"; !strings.Contains(text, want) {
		t.Errorf("the text does not say %q", want)
	}
}

func TestALongMessageArrivesWhole(t *testing.T) {
	v := view()
	v.Message = strings.Repeat("à", 20_000)
	_, text, html := write(t, v)
	if !strings.Contains(text, v.Message) || !strings.Contains(html, v.Message) {
		t.Error("the message was cut")
	}
}

func TestTypography(t *testing.T) {
	bad := regexp.MustCompile(`\pL'\pL| [;:!?»]|« |\.\.\.`)
	tag := regexp.MustCompile(`<[^>]*>|\{\{[^}]*\}\}`)
	for _, name := range []string{"frame.html", "frame.txt", "letter.html", "letter.txt", "notice.html", "notice.txt"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := bad.FindString(html.UnescapeString(tag.ReplaceAllString(string(source), ""))); found != "" {
			t.Errorf("%s: %q", name, found)
		}
	}
}
