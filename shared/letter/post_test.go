package letter_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // a bare machine may not know the zone

	"github.com/google/go-cmp/cmp"

	"convoc/shared/calendar"
	"convoc/shared/convocation"
	"convoc/shared/dispatch"
	"convoc/shared/law"
	"convoc/shared/letter"
	"convoc/shared/mail"
)

var post = letter.Post{From: "convocations@saint-aubin.example"}

// sent is the first mail of a meeting to one of its councillors.
func sent() dispatch.Letter {
	return dispatch.Letter{
		Convocation: convocation.Convocation{
			ID: "cnv_0123456789abcdef", Version: 7, Subject: "Conseil municipal du 10 décembre", Message: "Bonjour,",
			Meeting: &convocation.Meeting{
				Assembly: convocation.Assembly{Name: "Conseil municipal", Body: law.CommuneSmall, Members: 11}, Occasion: law.Ordinary,
				At: time.Date(2026, 12, 10, 17, 30, 0, 0, time.UTC), Place: "Salle des fêtes", Agenda: []string{"Budget", "Divers"},
				Signatory: "Le maire, Marc Assin",
			},
			Frozen: convocation.Frozen{
				At: time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC), SenderName: "Commune de Saint-Aubin", TimeZone: "Europe/Paris",
				SenderMail: "secretariat@saint-aubin.example", Phone: "02 32 00 00 00",
				Councillors: []convocation.Councillor{{ID: "prs_claire", Name: "Mme Claire Lefèvre"}},
			},
		},
		Documents: []convocation.Document{{Name: "Budget.pdf", Size: 1_000}},
		Recipient: convocation.Recipient{
			ID: "rcp_0123456789abcdef", Person: "prs_claire", Name: "Mme Claire Lefèvre", Address: "claire@exemple.fr", Type: convocation.To,
		},
		Attempt: 1, Link: link,
	}
}

// told is a notice to the same person; it comes without a link.
func told(n convocation.Notice, reply convocation.Reply) dispatch.Letter {
	l := sent()
	n.ID = "ntc_0123456789abcdef"
	l.Recipient.Notice, l.Reply, l.Link = n, reply, ""
	return l
}

func receipt(reply convocation.Reply) dispatch.Letter {
	reply.Version, reply.At = 2, time.Date(2026, 12, 3, 23, 16, 37, 0, time.UTC)
	return told(convocation.Notice{Kind: convocation.NoticeReceipt, Reply: 2}, reply)
}

func posted(t *testing.T, l dispatch.Letter) mail.Message {
	t.Helper()
	m, err := post.Letter(l)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mail.Compose(m, time.Time{}); err != nil {
		t.Fatalf("a mail that cannot be composed: %v", err)
	}
	return m
}

func TestAMailIsFromTheCollectiviteToItsRecipient(t *testing.T) {
	m := posted(t, sent())
	m.Text, m.HTML = "", ""
	want := mail.Message{
		FromName: "Commune de Saint-Aubin", FromAddress: "convocations@saint-aubin.example",
		ToName: "Mme Claire Lefèvre", ToAddress: "claire@exemple.fr", ReplyTo: "secretariat@saint-aubin.example",
		Subject: "Conseil municipal du 10 décembre",
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestWhatAConvocationSays: each line is about what makes the mail say or leave out a sentence.
func TestWhatAConvocationSays(t *testing.T) {
	const date, proxy, until = "jeudi 10\u00a0décembre 2026 à 18\u00a0h\u00a030", "donner pouvoir", "Vous pouvez répondre jusqu’au"
	const quorum, urgent, remote, password = "sans condition de quorum", "se prononcera sur l’urgence", "visioconférence", "Un mot de passe"
	all := []string{date, proxy, until, quorum, urgent, remote, password, "Nouvel envoi", "remplace", "Rappel\u00a0:", "Répondez avant", "Ordre du jour"}
	sendings := func(r *convocation.Recipient) {
		for i, day := range []int{1, 3} {
			at := time.Date(2026, 12, day, 8, 5, 0, 0, time.UTC)
			r.Attempts = append(r.Attempts, convocation.Attempt{N: i + 1, ClaimedAt: at, AcceptedAt: at})
		}
	}
	for name, c := range map[string]struct {
		change func(l *dispatch.Letter)
		says   []string
	}{
		"a meeting":  {func(*dispatch.Letter) {}, []string{date, proxy, "Ordre du jour"}},
		"no meeting": {func(l *dispatch.Letter) { l.Convocation.Meeting = nil }, nil},
		"a draft that is looked at: nobody is a councillor yet": {
			func(l *dispatch.Letter) { l.Convocation.Frozen.Councillors, l.Recipient.Person = nil, "" }, []string{date, proxy, "Ordre du jour"},
		},
		"a guest gives no proxy": {func(l *dispatch.Letter) { l.Recipient.Person = "prs_guest" }, []string{date, "Ordre du jour"}},
		"a copy is asked nothing": {func(l *dispatch.Letter) {
			l.Recipient.Type, l.Convocation.RepliesUntil = convocation.Cc, l.Convocation.Meeting.At
		}, []string{date, "Ordre du jour"}},
		"replies close before": {
			func(l *dispatch.Letter) { l.Convocation.RepliesUntil = time.Date(2026, 12, 9, 11, 0, 0, 0, time.UTC) },
			[]string{date, proxy, until + " mercredi 9\u00a0décembre 2026 à 12\u00a0h\u00a000.", "Ordre du jour"},
		},
		"a password": {func(l *dispatch.Letter) { l.Convocation.Password = "$argon2id$" }, []string{date, proxy, password, "Ordre du jour"}},
		"à distance, where the law lets it be": {func(l *dispatch.Letter) {
			l.Convocation.Meeting.Remote, l.Convocation.Meeting.Assembly.Body = true, law.EPCISmall
		}, []string{date, proxy, remote, "Ordre du jour"}},
		"à distance, never for a conseil municipal": {
			func(l *dispatch.Letter) { l.Convocation.Meeting.Remote = true }, []string{date, proxy, "Ordre du jour"},
		},
		"urgency of a conseil": {
			func(l *dispatch.Letter) { l.Convocation.Meeting.Urgent = "Une canalisation a cédé." },
			[]string{date, proxy, "Le conseil " + urgent, "Une canalisation a cédé.", "Ordre du jour"},
		},
		"urgency of a syndicat": {func(l *dispatch.Letter) {
			l.Convocation.Meeting.Urgent, l.Convocation.Meeting.Assembly.Body = "Une canalisation a cédé.", law.EPCILarge
		}, []string{date, proxy, "L’assemblée " + urgent, "Ordre du jour"}},
		"a second call": {
			func(l *dispatch.Letter) { l.Convocation.Meeting.Occasion = law.SecondCall }, []string{date, proxy, quorum, "Ordre du jour"},
		},
		"a second call in urgency needs its quorum": {func(l *dispatch.Letter) {
			l.Convocation.Meeting.Occasion, l.Convocation.Meeting.Urgent = law.SecondCall, "Une canalisation a cédé."
		}, []string{date, proxy, urgent, "Ordre du jour"}},
		"sent again": {func(l *dispatch.Letter) { l.Again = true; sendings(&l.Recipient) }, []string{
			date, proxy, "Nouvel envoi", "remplace celui du mardi 1er\u00a0décembre 2026 à 9\u00a0h\u00a005.", "Ordre du jour",
		}},
		"sent again, to an address that was corrected between": {func(l *dispatch.Letter) {
			l.Again, l.Recipient.AddressAt = true, time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
			sendings(&l.Recipient)
		}, []string{date, proxy, "Nouvel envoi", "remplace celui du jeudi 3\u00a0décembre 2026", "Ordre du jour"}},
		"sent again, and nobody knows of the first": {func(l *dispatch.Letter) { l.Again = true }, []string{
			date, proxy, "Nouvel envoi", "remplace celui que vous avez peut-être déjà reçu.", "Ordre du jour",
		}},
		"sent again because the link was asked for": {func(l *dispatch.Letter) {
			l.Again, l.Recipient.Why = true, convocation.WhyLinkAsked
			sendings(&l.Recipient)
		}, []string{date, proxy, "Voici le nouveau lien que vous avez demandé.", "Ordre du jour"}},
	} {
		l := sent()
		c.change(&l)
		m := posted(t, l)
		for what, said := range map[string]string{"text": m.Subject + " " + spaced(m.Text), "html": m.Subject + " " + words(t, m.HTML)} {
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("%s: the %s does not say %q", name, what, want)
				}
			}
			for _, line := range all {
				wanted := strings.Contains(strings.Join(c.says, "|"), line)
				if !wanted && strings.Contains(said, line) {
					t.Errorf("%s: the %s says %q", name, what, line)
				}
			}
		}
	}
}

// A notice says what it tells, from when the convocation left, and until when to answer.
func TestANoticeSaysWhatItTells(t *testing.T) {
	m := posted(t, told(convocation.Notice{Kind: convocation.NoticeProxyHeld, Other: "M. Roussel"}, convocation.Reply{}))
	if want := "Pouvoir reçu de M. Roussel\u00a0: Conseil municipal du 10 décembre"; m.Subject != want {
		t.Errorf("subject %q, want %q", m.Subject, want)
	}
	if len(m.Attachments) > 0 {
		t.Error("a notice that is no receipt has a file")
	}
	for _, want := range []string{
		"du mardi 1er\u00a0décembre.", // sent at 00:30 in Paris
		"Vous pouvez répondre jusqu’au jeudi 10\u00a0décembre 2026 à 18\u00a0h\u00a030.", // nothing else was said: the meeting
	} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the text does not say %q:\n%s", want, m.Text)
		}
	}
}

func TestAReceiptTellsTheChoiceInWords(t *testing.T) {
	for name, c := range map[string]struct {
		choice   convocation.Choice
		want     string
		calendar bool
	}{
		"present":                           {convocation.Choice{Presence: convocation.Present}, "Je serai présent(e)", true},
		"à distance":                        {convocation.Choice{Presence: convocation.Remote}, "Je participerai à distance", true},
		"a substitute goes to it":           {convocation.Choice{Presence: convocation.Substituted}, "Mon suppléant ou ma suppléante me remplacera", false},
		"absent":                            {convocation.Choice{Presence: convocation.Absent}, "Je serai absent(e)", false},
		"undecided":                         {convocation.Choice{Presence: convocation.Undecided}, "Je ne sais pas encore", false},
		"a proxy, with its holder":          {convocation.Choice{Presence: convocation.Represented, Holder: "prs_bruno"}, "Je serai absent(e) et je donne pouvoir à M. Bruno Roussel", false},
		"a free reply has no choice at all": {convocation.Choice{}, "Bien reçu.", false},
	} {
		m := posted(t, receipt(convocation.Reply{Choice: c.choice, Holder: "M. Bruno Roussel", Text: "Bien reçu."}))
		for what, said := range map[string]string{"text": spaced(m.Text), "html": words(t, m.HTML)} {
			for _, want := range []string{c.want, "Réponse n°\u00a02, enregistrée le 04/12/2026 à 00:16:37.", "Bien reçu."} {
				if !strings.Contains(said, want) {
					t.Errorf("%s: the %s does not say %q", name, what, want)
				}
			}
			if got := strings.Contains(said, "Le fichier joint"); got != c.calendar {
				t.Errorf("%s: the %s speaks of a file: %v", name, what, got)
			}
		}
		if got := len(m.Attachments) == 1; got != c.calendar {
			t.Errorf("%s: a calendar file: %v", name, got)
		}
	}
}

func TestAReceiptOfWhatTheSecretaryTookDownSaysSo(t *testing.T) {
	for way, want := range map[convocation.Way]string{
		convocation.ByPhone: "par téléphone", convocation.ByPaper: "sur papier", convocation.ByMail: "par courriel", convocation.ByMouth: "de vive voix",
	} {
		m := posted(t, receipt(convocation.Reply{Text: "Oui", Behalf: &convocation.Behalf{By: "secretaire", Way: way, Reason: "Appel de sa fille"}}))
		if want = "Le secrétariat l’a enregistrée pour vous\u00a0: il l’a reçue " + want + "."; !strings.Contains(m.Text, want) {
			t.Errorf("%s: the text does not say %q", way, want)
		}
		if strings.Contains(m.Text+m.HTML, "Appel de sa fille") || strings.Contains(m.Text+m.HTML, "secretaire ") {
			t.Errorf("%s: the mail says what the secretary noted for herself", way)
		}
	}
}

// What no words are known for must not leave as a mail that says nothing.
func TestAReceiptWithoutWordsIsNotSent(t *testing.T) {
	for name, l := range map[string]dispatch.Letter{
		"a presence": receipt(convocation.Reply{Choice: convocation.Choice{Presence: "late"}}),
		"a way":      receipt(convocation.Reply{Behalf: &convocation.Behalf{Way: "pigeon"}}),
		"a kind":     told(convocation.Notice{Kind: "proxy_lent"}, convocation.Reply{}),
	} {
		if m, err := post.Letter(l); !errors.Is(err, letter.ErrNoWords) || m.Subject != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheCalendarFileIsOfTheMeeting(t *testing.T) {
	l := receipt(convocation.Reply{Choice: convocation.Choice{Presence: convocation.Present}})
	want := calendar.Event{
		UID: "cnv_0123456789abcdef@convoc", Stamp: l.Convocation.Frozen.At, Sequence: 7, Start: l.Convocation.Meeting.At,
		Summary: "Conseil municipal – Commune de Saint-Aubin", Location: "Salle des fêtes",
		Description: "Convocation faite par\u00a0: Le maire, Marc Assin\n\nOrdre du jour\n1. Budget\n2. Divers",
	}
	if diff := cmp.Diff(want, calendar.Of(l.Convocation)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	file := []mail.Attachment{{Name: "convocation.ics", Type: "text/calendar; charset=utf-8; method=PUBLISH", Data: calendar.File(want)}}
	if diff := cmp.Diff(file, posted(t, l).Attachments); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	bare := l.Convocation
	bare.Meeting = &convocation.Meeting{Assembly: bare.Meeting.Assembly, At: bare.Meeting.At}
	if e := calendar.Of(bare); e.Description != "" || e.Location != "" {
		t.Errorf("a meeting of which nothing is known: %+v", e)
	}
}
