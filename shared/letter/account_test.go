package letter_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/letter"
	"convoc/shared/mail"
	"convoc/shared/rights"
)

// service takes what a test lets it take.
type service struct {
	sent    []mail.Envelope
	outcome mail.Outcome
}

func (s *service) Send(_ context.Context, m mail.Envelope) mail.Result {
	s.sent = append(s.sent, m)
	return mail.Result{Outcome: s.outcome, Reason: mail.ReasonConnection}
}

func accountLetter(kind account.LetterKind) account.Letter {
	at := time.Date(2026, 12, 1, 8, 5, 7, 0, time.UTC)
	l := account.Letter{
		Kind: kind, ID: "evt_aaaaaaaaaaaaaaaa", Name: "Mme Claire Lefèvre", To: "claire@saint-aubin.example", Login: "claire", At: at,
		Collectivity: collectivity.Collectivity{
			ID: "000000000", Name: "Commune de Saint-Aubin", Sender: "Mairie de Saint-Aubin", Phone: "02 32 00 00 00",
			Mail: "secretariat@saint-aubin.example", TimeZone: "Indian/Reunion",
		},
	}
	switch kind {
	case account.LetterInvitation:
		l.Login, l.Token, l.Until, l.Role, l.By = "", "jeton-invitation", at.AddDate(0, 0, 7), rights.Sender, "Marc Assin"
	case account.LetterReset:
		l.Token, l.Until = "jeton-oubli", at.Add(time.Hour)
	case account.LetterSignIn:
		l.Browser, l.Address = "Firefox, Linux", "192.0.2.0/24"
	}
	return l
}

// bring sends a letter, and gives the mail.
func bring(t *testing.T, l account.Letter) (raw string) {
	t.Helper()
	s := &service{outcome: mail.Accepted}
	c := letter.Courier{From: "convoc@installation.example", Origin: "https://convoc.example", Mail: s, Now: func() time.Time { return l.At }}
	if err := c.Bring(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if len(s.sent) != 1 || s.sent[0].To != l.To || !s.sent[0].Tags.Valid() {
		t.Fatalf("sent %+v", s.sent)
	}
	return string(s.sent[0].Raw)
}

func TestAccountMailsAreAsLastReviewed(t *testing.T) {
	for _, kind := range account.Letters() {
		subject, text, html := letter.AccountTexts(t, accountLetter(kind))
		golden(t, "account-"+string(kind), subject, text, html)
	}
}

// The link is in the fragment: it reaches no server but ours, and no log.
func TestAccountMailsHoldTheirLink(t *testing.T) {
	for kind, want := range map[account.LetterKind]string{
		account.LetterInvitation: "https://convoc.example/bienvenue.html#jeton-invitation",
		account.LetterReset:      "https://convoc.example/mot-de-passe.html#jeton-oubli",
	} {
		_, text, html := letter.AccountTexts(t, accountLetter(kind))
		if strings.Count(text, "://") != 1 || !strings.Contains(text, want) || strings.Count(html, want) != 3 {
			t.Errorf("%s:\n%s", kind, text)
		}
	}
	for _, kind := range account.Letters() {
		if l := accountLetter(kind); l.Token == "" {
			if _, text, html := letter.AccountTexts(t, l); strings.Contains(text+html, "://") {
				t.Errorf("%s holds a link: whoever reads it learns to press on one", kind)
			}
		}
	}
}

func TestAccountMailIsFromTheCollectivity(t *testing.T) {
	raw := bring(t, accountLetter(account.LetterPasswordChanged))
	for _, want := range []string{
		`From: "Mairie de Saint-Aubin" <convoc@installation.example>`, "Reply-To: <secretariat@saint-aubin.example>",
		"Message-ID: <evt_aaaaaaaaaaaaaaaa@installation.example>", "01/12/2026", "12:05:07",
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
}

func TestAccountMailThatDoesNotLeaveIsToldWithoutNames(t *testing.T) {
	l := accountLetter(account.LetterReset)
	for _, outcome := range []mail.Outcome{mail.RefusedForNow, mail.RefusedForGood, mail.Unknown} {
		c := letter.Courier{From: "convoc@installation.example", Mail: &service{outcome: outcome}, Now: func() time.Time { return l.At }}
		err := c.Bring(t.Context(), l)
		if !errors.Is(err, letter.ErrUndelivered) || strings.Contains(err.Error(), "claire") || strings.Contains(err.Error(), "jeton") {
			t.Errorf("%s: got %v", outcome, err)
		}
	}
	l.Kind = "unknown"
	if err := (letter.Courier{}).Bring(t.Context(), l); !errors.Is(err, letter.ErrNoWords) {
		t.Errorf("a kind without words: got %v", err)
	}
}

// A name cannot imitate a line of ours.
func TestAccountMailsKeepNamesOnTheirLine(t *testing.T) {
	l := accountLetter(account.LetterInvitation)
	l.By, l.Collectivity.Name = "Marc\nhttps://ailleurs.example", "Saint-Aubin\r\nBcc: x@y.fr"
	subject, text, _ := letter.AccountTexts(t, l)
	if strings.ContainsAny(subject, "\r\n") || strings.Contains(text, "\nhttps://ailleurs") || strings.Contains(text, "\nBcc") {
		t.Errorf("%q\n%s", subject, text)
	}
}
