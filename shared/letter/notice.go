package letter

import (
	"errors"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/french"
)

// ErrNoWords: a kind of notice, or a choice, that this package has no words for.
var ErrNoWords = errors.New("letter: no words for it")

// NoticeView is what a notice says: a mail that tells what an answer has changed. Empty texts leave their line out, but
// Sender, Subject and Kind are always there. Times are in the collectivité's zone.
type NoticeView struct {
	Sender  string // « Mairie de Saint-Aubin »
	Phone   string // the secretary's, as printed
	Mail    string // the secretary's; empty: nobody reads it
	Name    string // of the recipient
	Subject string // of the convocation, one line
	SentAt  time.Time
	Kind    convocation.NoticeKind
	Other   string    // the other person concerned
	Meeting *Meeting  // nil: a free reply
	Until   time.Time // a reply may be changed until then; zero: nothing is said of it

	Receipt  Receipt // NoticeReceipt only
	Attached bool    // the calendar file goes with it
}

// Receipt is what was answered.
type Receipt struct {
	Number    int
	At        time.Time // in the collectivité's zone
	Choice    string    // in words; empty: a free reply
	Text      string    // plain text, LF line ends
	Documents []Document
	Way       string // « par téléphone »: how it came to the secretary, who took it down; empty: the élu's own
}

// Title heads the mail, and begins its subject; empty for a kind that is not known.
func (v NoticeView) Title() string {
	other := oneLine(v.Other)
	switch v.Kind {
	case convocation.NoticeReceipt:
		return "Votre réponse est enregistrée"
	case convocation.NoticeProxyHeld:
		return "Pouvoir reçu " + french.From(other) + other
	case convocation.NoticeProxyEnded:
		return "Pouvoir repris par " + other
	case convocation.NoticeProxyBack:
		return "Vous avez repris votre pouvoir"
	case convocation.NoticeProxyFell:
		return "Votre pouvoir ne vaut plus"
	case convocation.NoticeProxyLost:
		return "Le pouvoir reçu " + french.From(other) + other + " ne vaut plus"
	}
	return ""
}

// Notice writes the mail, which holds no link. Errors: [ErrNoWords].
func Notice(v NoticeView) (subject, text, html string, err error) {
	title := v.Title()
	if title == "" {
		return "", "", "", ErrNoWords
	}
	text, html, err = write("notice", v)
	return title + "\u00a0: " + oneLine(v.Subject), text, html, err
}

// choiceWords is what an élu chose, as the page lets her choose it; empty where no meeting asked. Errors: [ErrNoWords].
func choiceWords(c convocation.Choice, holder string) (string, error) {
	switch c.Presence {
	case "":
		return "", nil
	case convocation.Present:
		return "Je serai présent(e)", nil
	case convocation.Remote:
		return "Je participerai à distance", nil
	case convocation.Substituted:
		return "Mon suppléant ou ma suppléante me remplacera", nil
	case convocation.Absent:
		return "Je serai absent(e)", nil
	case convocation.Represented:
		return "Je serai absent(e) et je donne pouvoir à " + oneLine(holder), nil
	case convocation.Undecided:
		return "Je ne sais pas encore", nil
	}
	return "", ErrNoWords
}

// wayWords is how a reply came that the secretary took down. Errors: [ErrNoWords].
func wayWords(b *convocation.Behalf) (string, error) {
	if b == nil {
		return "", nil
	}
	switch b.Way {
	case convocation.ByPhone:
		return "par téléphone", nil
	case convocation.ByPaper:
		return "sur papier", nil
	case convocation.ByMail:
		return "par courriel", nil
	case convocation.ByMouth:
		return "de vive voix", nil
	}
	return "", ErrNoWords
}
