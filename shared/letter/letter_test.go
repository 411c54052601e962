package letter_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

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

// views are the mails that the golden files show.
func views() map[string]letter.View {
	resent, copied, bare := view(), view(), letter.View{Sender: "Mairie de Saint-Aubin", Subject: "Convocation", Link: link}
	resent.Resent, resent.FirstAt = true, time.Date(2026, 12, 1, 9, 5, 0, 0, time.FixedZone("CET", 3600))
	copied.Copy = true
	return map[string]letter.View{"first": view(), "resent": resent, "copy": copied, "bare": bare}
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

func TestWeight(t *testing.T) {
	const budget = 20_000
	v := views()["resent"]
	for i := range 50 {
		v.Documents = append(v.Documents, letter.Document{Name: fmt.Sprintf("%02d %s.pdf", i, strings.Repeat("é", 80)), Size: 1_000_000})
	}
	v.Message = strings.Repeat("Une ligne d’un message ordinaire, avec ses accents.\n", 80)
	_, text, html := write(t, v)
	if len(text) > budget || len(html) > budget {
		t.Errorf("text %d and html %d bytes, want at most %d each", len(text), len(html), budget)
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
	for _, name := range []string{"letter.html", "letter.txt"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := bad.FindString(html.UnescapeString(tag.ReplaceAllString(string(source), ""))); found != "" {
			t.Errorf("%s: %q", name, found)
		}
	}
}
