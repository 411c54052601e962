package worldtest

import (
	"context"
	"errors"

	"convoc/shared/account"
)

// Postman keeps the mails about accounts, or lets none leave.
type Postman struct {
	Letters []account.Letter
	Away    bool
}

// Bring keeps a letter.
func (p *Postman) Bring(_ context.Context, l account.Letter) error {
	if p.Away {
		return errors.New("the relay is away")
	}
	p.Letters = append(p.Letters, l)
	return nil
}

// Letter is the newest letter of a kind; it fails the test when there is none.
func (w *World) Letter(kind account.LetterKind) account.Letter {
	w.T.Helper()
	for i := range w.Post.Letters {
		if l := w.Post.Letters[len(w.Post.Letters)-1-i]; l.Kind == kind {
			return l
		}
	}
	w.T.Fatalf("no letter of the kind %s", kind)
	return account.Letter{}
}
