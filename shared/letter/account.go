package letter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/mail"
	"convoc/shared/rights"
)

// Courier brings the mails about accounts: it is the account.Postman of the mains.
type Courier struct {
	From   string // address from which the mails leave
	Origin string // public origin of the pages, without a slash at the end
	Mail   mail.Sender
	Now    func() time.Time
}

// ErrUndelivered: the mail service did not take a mail about an account, or did not say so.
var ErrUndelivered = errors.New("letter: the mail service did not take it")

// Bring writes a letter and hands it to the mail service, once. Errors: [ErrUndelivered], [ErrNoWords], those of
// mail.Compose.
func (c Courier) Bring(ctx context.Context, l account.Letter) error {
	v, err := c.view(l)
	if err != nil {
		return err
	}
	text, html, err := write("account", v)
	if err != nil {
		return err
	}
	_, domain, _ := strings.Cut(c.From, "@")
	raw, err := mail.Compose(mail.Message{
		FromName: oneLine(v.Sender), FromAddress: c.From, ToName: oneLine(l.Name), ToAddress: l.To,
		ReplyTo: l.Collectivity.Mail, Subject: v.Subject, Text: text, HTML: html,
		MessageID: l.ID + "@" + domain, // without a seal: nothing that comes back is believed of it
	}, c.Now())
	if err != nil {
		return err
	}
	r := c.Mail.Send(ctx, mail.Envelope{From: c.From, To: l.To, Raw: raw, Tags: mail.Tags{
		Collectivity: cmp.Or(string(l.Collectivity.ID), string(collectivity.Test)), Convocation: "account", Recipient: l.ID, Attempt: 1,
	}})
	if r.Outcome != mail.Accepted {
		return fmt.Errorf("%w: %s", ErrUndelivered, r.Reason)
	}
	return nil
}

// AccountView is what a mail about an account says. Empty texts leave their line out, but Sender, Subject, Title and Kind
// are always there. Times are in the collectivité's zone.
type AccountView struct {
	Kind           account.LetterKind
	Sender         string // « Mairie de Saint-Aubin », or the product where the user works for none
	Phone          string
	Name           string // of the user
	Title, Subject string
	Login          string
	Collectivity   string // its name
	Role           string // in words
	By             string // who invites
	Link, Button   string
	Until, At      time.Time
	Where          string // « Firefox, Linux, réseau 192.0.2.0/24 »
}

// accountWords are the title, the button and the page behind it, of each kind of letter.
var accountWords = map[account.LetterKind]struct{ title, button, page string }{
	account.LetterInvitation:      {"Votre accès à Convoc", "Accepter l’invitation", "/bienvenue.html"},
	account.LetterReset:           {"Choisir un nouveau mot de passe", "Choisir un nouveau mot de passe", "/mot-de-passe.html"},
	account.LetterPasswordChanged: {"Votre mot de passe a changé", "", ""},
	account.LetterMailChanged:     {"Votre adresse de courriel a changé", "", ""},
	account.LetterSignIn:          {"Nouvelle connexion à votre compte", "", ""},
	account.LetterFactorAdded:     {"Double authentification activée", "", ""},
	account.LetterFactorRemoved:   {"Double authentification retirée", "", ""},
}

// RoleWords are what a person reads of a role.
var RoleWords = map[rights.Role]string{
	rights.Reader: "lecteur", rights.Writer: "rédacteur", rights.Sender: "expéditeur", rights.Administrator: "administrateur",
}

func (c Courier) view(l account.Letter) (AccountView, error) {
	words, known := accountWords[l.Kind]
	if !known || (l.Token == "") != (words.page == "") {
		return AccountView{}, ErrNoWords
	}
	zone := l.Collectivity.Location()
	if l.Collectivity.TimeZone == "" {
		zone = collectivity.Location("Europe/Paris")
	}
	local := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.In(zone)
	}
	v := AccountView{
		Kind: l.Kind, Sender: cmp.Or(l.Collectivity.From(), "Convoc"), Phone: l.Collectivity.Phone, Name: l.Name, Title: words.title,
		Subject: words.title, Login: l.Login, Collectivity: l.Collectivity.Name, Role: RoleWords[l.Role], By: l.By,
		Button: words.button, Until: local(l.Until), At: local(l.At),
	}
	if l.Kind == account.LetterInvitation {
		v.Subject = oneLine(words.title + "\u00a0: " + v.Collectivity)
	}
	if l.Token != "" {
		v.Link = c.Origin + words.page + "#" + l.Token
	}
	var where []string
	for _, s := range []string{l.Browser, l.Address} {
		if s != "" {
			where = append(where, s)
		}
	}
	v.Where = strings.Join(where, ", réseau ")
	return v, nil
}
