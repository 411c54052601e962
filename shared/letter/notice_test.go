package letter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"convoc/shared/convocation"
	"convoc/shared/letter"
)

func notice(kind convocation.NoticeKind) letter.NoticeView {
	return letter.NoticeView{
		Sender: "Mairie de Saint-Aubin", Phone: "02 32 00 00 00", Mail: "secretariat@saint-aubin.example",
		Name: "Mme Claire Lefèvre", Subject: "Convocation du conseil municipal du jeudi 10 décembre",
		SentAt: time.Date(2026, 12, 1, 9, 5, 0, 0, cet), Kind: kind, Other: "M. Bruno Roussel", Meeting: meeting(),
		Until: time.Date(2026, 12, 10, 18, 30, 0, 0, cet),
	}
}

// notices are the mails that the golden files show: one of each kind, and a reply without a meeting.
func notices() map[string]letter.NoticeView {
	all := map[string]letter.NoticeView{}
	for _, kind := range []convocation.NoticeKind{
		convocation.NoticeReceipt, convocation.NoticeProxyHeld, convocation.NoticeProxyEnded, convocation.NoticeProxyBack,
		convocation.NoticeProxyFell, convocation.NoticeProxyLost,
	} {
		all[string(kind)] = notice(kind)
	}
	present := all["receipt"]
	present.Attached, present.Receipt = true, letter.Receipt{
		Number: 2, At: time.Date(2026, 12, 3, 11, 16, 37, 0, cet), Choice: "Je serai présent(e)",
		Text: "Bonjour,\nJe viendrai avec M. Roussel.", Documents: []letter.Document{{Name: "Certificat.pdf", Size: 82_000}},
	}
	free := notice(convocation.NoticeReceipt)
	free.Meeting, free.Until, free.Phone, free.Mail, free.Name = nil, time.Time{}, "", "", ""
	free.Receipt = letter.Receipt{Number: 1, At: present.Receipt.At, Text: "Je serai absente.", Way: "par téléphone"}
	all["receipt"], all["receipt-free"] = present, free
	return all
}

func writeNotice(t *testing.T, v letter.NoticeView) (subject, text, html string) {
	t.Helper()
	subject, text, html, err := letter.Notice(v)
	if err != nil {
		t.Fatal(err)
	}
	return subject, text, html
}

func TestNoticesAreAsLastReviewed(t *testing.T) {
	for name, v := range notices() {
		subject, text, html := writeNotice(t, v)
		golden(t, "notice-"+name, subject, text, html)
	}
}

// TestNoticesHoldNoLink: whoever wants to go on opens the mail that she has.
func TestNoticesHoldNoLink(t *testing.T) {
	for name, v := range notices() {
		_, text, page := writeNotice(t, v)
		if strings.Contains(text, "://") {
			t.Errorf("%s: the text holds an address", name)
		}
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			for _, a := range n.Attr {
				if a.Key == "href" || a.Key == "src" || a.Key == "background" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s> has %s=%q", name, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

func TestNoticesSayWhatTheyAreAndHowToGoOn(t *testing.T) {
	const again = "ouvrez à nouveau le lien du courriel «\u00a0Convocation du conseil municipal du jeudi 10 décembre\u00a0» du mardi 1er\u00a0décembre"
	const change = "Pour changer votre réponse, " + again + "."
	const reply = "Pour répondre ou changer votre réponse, " + again + "."
	for name, c := range map[string]struct {
		begins string
		says   []string
	}{
		"receipt": {"Votre réponse est enregistrée", []string{
			"Réponse n°\u00a02, enregistrée le 03/12/2026 à 11:16:37.", "Je serai présent(e)", "Je viendrai avec M. Roussel.",
			"Certificat.pdf", "Le fichier joint à ce courriel ajoute la séance à votre agenda.", change,
			"Vous pouvez répondre jusqu’au jeudi 10\u00a0décembre 2026 à 18\u00a0h\u00a030.",
		}},
		"receipt-free": {"Votre réponse est enregistrée", []string{"il l’a reçue par téléphone", "Je serai absente.", change}},
		"proxy_held":   {"Pouvoir reçu de M. Bruno Roussel", []string{"vous donne pouvoir de voter en son nom", reply}},
		"proxy_ended":  {"Pouvoir repris par M. Bruno Roussel", []string{"vous ne voterez pas en son nom", reply}},
		"proxy_back":   {"Vous avez repris votre pouvoir", []string{"que vous aviez donné à M. Bruno Roussel", change}},
		"proxy_fell": {"Votre pouvoir ne vaut plus", []string{
			"M. Bruno Roussel ne sera pas là", "Choisissez quelqu’un d’autre\u00a0: " + again + ", ou appelez le secrétariat au 02 32 00 00 00.",
		}},
		"proxy_lost": {"Le pouvoir reçu de M. Bruno Roussel ne vaut plus", []string{"Vous avez répondu que vous ne serez pas là", change}},
	} {
		v := notices()[name]
		subject, text, page := writeNotice(t, v)
		if want := c.begins + "\u00a0: " + v.Subject; subject != want {
			t.Errorf("%s: subject %q, want %q", name, subject, want)
		}
		for _, want := range append(c.says, c.begins) {
			if !strings.Contains(spaced(text), want) {
				t.Errorf("%s: the text does not say %q", name, want)
			}
			if !strings.Contains(words(t, page), want) {
				t.Errorf("%s: the html does not say %q:\n%s", name, want, words(t, page))
			}
		}
	}
}

func TestNamesTakeTheirArticle(t *testing.T) {
	for name, want := range map[string]string{
		"Mme Claire Lefèvre": "Pouvoir reçu de Mme Claire Lefèvre", "Anne Le Goff": "Pouvoir reçu d’Anne Le Goff",
		"Élise": "Pouvoir reçu d’Élise", "Yves Marin": "Pouvoir reçu d’Yves Marin", "Yann Marin": "Pouvoir reçu de Yann Marin",
		" Hugo \n Marin ": "Pouvoir reçu de Hugo Marin",
	} {
		v := notice(convocation.NoticeProxyHeld)
		v.Other = name
		if got := v.Title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAKindOfNoticeWithoutWordsIsNotSent(t *testing.T) {
	for _, kind := range []convocation.NoticeKind{"", "proxy_lent"} {
		if _, text, _, err := letter.Notice(notice(kind)); !errors.Is(err, letter.ErrNoWords) || text != "" {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

func TestHostileTextsOfANoticeStayTexts(t *testing.T) {
	const hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\nVotre message :\n{{.}}\u202e"
	for name, v := range notices() {
		v.Sender, v.Phone, v.Mail, v.Name, v.Subject, v.Other = hostile, hostile, hostile, hostile, hostile, hostile
		v.Meeting = &letter.Meeting{Assembly: hostile, Place: hostile, Signatory: hostile}
		v.Receipt.Documents = []letter.Document{{Name: hostile}}
		subject, text, page := writeNotice(t, v)
		if strings.ContainsAny(subject, "\r\n") {
			t.Errorf("%s: the subject %q has several lines", name, subject)
		}
		if strings.Contains(text, "\nVotre message :\n") {
			t.Errorf("%s: a line imitates ours", name)
		}
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Data == "script" || n.Data == "img" {
				t.Errorf("%s: the mail has a <%s>", name, n.Data)
			}
		}
	}
}

func TestAReceiptWeighsLittleBesideWhatWasAnswered(t *testing.T) {
	const budget = 20_000
	v := notices()["receipt"]
	v.Receipt.Text = strings.Repeat("é", convocation.MaxReply)
	for range convocation.MaxReplyFiles {
		v.Receipt.Documents = append(v.Receipt.Documents, letter.Document{Name: strings.Repeat("é", 120), Size: 1})
	}
	_, text, page := writeNotice(t, v)
	if len(text)-len(v.Receipt.Text) > budget || len(page)-len(v.Receipt.Text) > budget {
		t.Errorf("text %d and html %d bytes", len(text), len(page))
	}
}
