package account

import (
	"context"
	"encoding/base32"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// The second factor is a code of an application (TOTP: RFC 6238, SHA-1, 6 digits, 30 seconds, which is what all
// applications take), or one of ten recovery codes of 80 random bits. A code of the moment before or after is taken too,
// because clocks differ; none is taken twice.
const (
	codePeriod    = 30 * time.Second
	codeDigits    = 6
	secretSize    = 20 // bytes: RFC 4226, section 4
	recoveryCodes = 10
	maxCode       = 64
)

// The refusals of a code.
var (
	ErrCodeNeeded = errs.Define(errs.SignedOut, "code_needed", "the password is right; a code is needed too")
	ErrCodeWrong  = errs.Define(errs.SignedOut, "code_wrong", "the code is wrong, or was used")
	ErrFactorOn   = errs.Define(errs.Conflict, "factor_on", "there is a second factor already")
	ErrFactorOff  = errs.Define(errs.Conflict, "factor_off", "there is no second factor, or none that was begun")
)

var secretText = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewFactor is what an application needs, and what a user keeps for the day she has lost it.
type NewFactor struct {
	Secret   string   // base32: to be typed where no picture can be taken
	Recovery []string // « abcd-efgh-ijkl-mnop »
}

// withCode takes the code of a user who has a second factor, and gives the user without it. Errors: ErrCodeNeeded,
// ErrCodeWrong.
func (s *Service) withCode(u store.User, code string) (store.User, *errs.Error) {
	if !u.Factor.On() {
		return u, nil
	}
	code = foldCode(code)
	if code == "" {
		return u, ErrCodeNeeded
	}
	if step := s.step(u.Factor.Secret, code, u.Factor.Step); step > 0 {
		u.Factor.Step = step
		return u, nil
	}
	if i := slices.Index(u.Factor.Recovery, digest(code)); i >= 0 {
		u.Factor.Recovery = slices.Delete(slices.Clone(u.Factor.Recovery), i, i+1)
		return u, nil
	}
	return u, ErrCodeWrong.At("code", "")
}

func foldCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\u202f", "").Replace(code))
}

// step finds the moment, later than one, that a code is of; 0 when there is none.
func (s *Service) step(secret []byte, code string, after int64) int64 {
	now := s.Now().Unix() / int64(codePeriod/time.Second)
	for step := max(now-1, after+1); step <= now+1; step++ {
		right, err := hotp.ValidateCustom(code, uint64(step), secretText.EncodeToString(secret),
			hotp.ValidateOpts{Digits: otp.Digits(codeDigits), Algorithm: otp.AlgorithmSHA1})
		if err == nil && right {
			return step
		}
	}
	return 0
}

// BeginFactor draws the secret of a new second factor, which counts once ConfirmFactor has seen a code of it. Asked for
// again, it draws others. Errors: errs.ErrSignedOut, ErrFactorOn, those of a password that is wrong.
func (s *Service) BeginFactor(ctx context.Context, token, password string, from From) (NewFactor, error) {
	_, u, err := s.current(ctx, token)
	if err != nil {
		return NewFactor{}, err
	}
	if u.Factor.On() {
		return NewFactor{}, ErrFactorOn
	}
	if u, _, err = s.prove(ctx, u.Login, password, "", from); err != nil {
		return NewFactor{}, atField("password", err)
	}
	after := u
	if after.Factor.Asked, err = s.draw(secretSize); err != nil {
		return NewFactor{}, err
	}
	out := NewFactor{Secret: secretText.EncodeToString(after.Factor.Asked)}
	after.Factor.AskedRecovery = nil
	for range recoveryCodes {
		raw, err := s.draw(10)
		if err != nil {
			return NewFactor{}, err
		}
		code := strings.ToLower(secretText.EncodeToString(raw))
		after.Factor.AskedRecovery = append(after.Factor.AskedRecovery, digest(code))
		out.Recovery = append(out.Recovery, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
	}
	return out, s.replace(ctx, u, after)
}

// ConfirmFactor takes the first code of the application: from now on one is asked for at each sign-in. The same code given
// again, after a lost answer, is taken again. Errors: errs.ErrSignedOut, ErrFactorOff, ErrCodeWrong.
func (s *Service) ConfirmFactor(ctx context.Context, token, code string) error {
	_, u, err := s.current(ctx, token)
	if err != nil {
		return err
	}
	code = foldCode(code)
	switch {
	case u.Factor.On() && s.step(u.Factor.Secret, code, u.Factor.Step-1) == u.Factor.Step:
		return nil
	case len(u.Factor.Asked) == 0:
		return ErrFactorOff
	}
	step := s.step(u.Factor.Asked, code, 0)
	if step == 0 {
		return errCodeTyped
	}
	after := u
	after.Factor = store.Factor{Secret: u.Factor.Asked, Recovery: u.Factor.AskedRecovery, Step: step, Since: s.Now()}
	if err := s.replace(ctx, u, after, s.toldEverywhere(u, journal.FactorAdded)...); err != nil {
		return err
	}
	s.tell(ctx, after, Letter{Kind: LetterFactorAdded, At: s.Now()})
	return nil
}

// errCodeTyped is ErrCodeWrong for somebody who is signed in, and stays so.
var errCodeTyped = errs.Define(errs.Invalid, "code_refused", "the code is not one of the application").At("code", "")

// RemoveFactor takes the second factor away; without one there is nothing to do. A password must then be long enough by
// itself. Errors: errs.ErrSignedOut, ErrPasswordTooShort, those of a password or a code that is wrong.
func (s *Service) RemoveFactor(ctx context.Context, token, password, code string, from From) error {
	_, u, err := s.current(ctx, token)
	if err != nil || !u.Factor.On() {
		return err
	}
	before, u, err := s.prove(ctx, u.Login, password, code, from)
	if err != nil {
		return atField("password", err)
	}
	if err := checkLength(password, false); err != nil {
		return err
	}
	u.Factor = store.Factor{}
	if err := s.replace(ctx, before, u, s.toldEverywhere(u, journal.FactorRemoved)...); err != nil {
		return err
	}
	s.tell(ctx, u, Letter{Kind: LetterFactorRemoved, At: s.Now()})
	return nil
}

// atField makes what is wrong with who somebody says they are something wrong with a field: whoever is signed in stays so.
func atField(field string, err error) error {
	switch {
	case errors.Is(err, ErrWrongCredentials):
		return ErrPasswordWrong.At(field, "")
	case errors.Is(err, ErrCodeWrong), errors.Is(err, ErrCodeNeeded):
		return errCodeTyped
	}
	return err
}

func (s *Service) draw(n int) ([]byte, error) {
	raw := make([]byte, n)
	_, err := io.ReadFull(s.Random, raw)
	return raw, err
}

// replace changes a user, with what else belongs to it. Errors: errs.ErrChangedMeanwhile.
func (s *Service) replace(ctx context.Context, before, after store.User, also ...store.Part) error {
	err := s.Tables.AccountsHandle().Commit(ctx, append([]store.Part{store.UserChanged(before, after)}, also...)...)
	if errors.Is(err, table.ErrCondition) {
		return errs.ErrChangedMeanwhile
	}
	return err
}

// toldEverywhere tells something that a user did to herself in each collectivité where she has a role.
func (s *Service) toldEverywhere(u store.User, what journal.What) []store.Part {
	var parts []store.Part
	for _, m := range u.Memberships {
		parts = append(parts, store.Told(m.Collectivity, s.event(u.Login, what, u.Login)))
	}
	return parts
}
