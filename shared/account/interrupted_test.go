package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/rights"
	"convoc/shared/table"
	"convoc/shared/worldtest"
)

// interrupted runs a flow of an administrator of a settled installation with each call failing once.
func interrupted(t *testing.T, start func(w *worldtest.World, by account.Session) worldtest.Flow) {
	t.Helper()
	worldtest.Interrupted(t, func(w *worldtest.World) worldtest.Flow {
		install(t, w)
		by := chief(t, w)
		create(t, w, by, below, worldtest.SIREN)
		return start(w, by)
	})
}

// told counts what the journal of the town says of some kinds.
func told(t *testing.T, w *worldtest.World, kinds ...journal.What) int {
	t.Helper()
	page, _, err := w.Account.Journal(t.Context(), worldtest.SIREN, "", kinds...)
	if err != nil {
		t.Error(err)
	}
	return len(page)
}

func TestInterruptedCreationOfACollectivity(t *testing.T) {
	interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
		const id collectivity.ID = "217500016"
		return worldtest.Flow{
			Run: func() error {
				_, err := w.Account.CreateCollectivity(t.Context(), by, string(id), "Paris", worldtest.SIREN)
				return err
			},
			State: func() any {
				all, err := w.Account.Installation(t.Context())
				c, err2 := w.Tables.Collectivity(id).Collectivity(t.Context())
				page, _, err3 := w.Account.Journal(t.Context(), id, "")
				return []any{all, c, len(page), errors.Join(err, err2, err3) == nil}
			},
		}
	})
}

func TestInterruptedClosing(t *testing.T) {
	for _, closed := range []bool{true, false} {
		interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
			if !closed {
				if err := w.Account.SetClosed(t.Context(), by, below, true); err != nil {
					t.Fatal(err)
				}
			}
			return worldtest.Flow{
				Run: func() error { return w.Account.SetClosed(t.Context(), by, below, closed) },
				State: func() any {
					all, err := w.Account.Installation(t.Context())
					page, _, err2 := w.Account.Journal(t.Context(), below, "")
					return []any{all, len(page), errors.Join(err, err2) == nil}
				},
			}
		})
	}
}

func TestInterruptedSettings(t *testing.T) {
	interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
		return worldtest.Flow{
			Run: func() error {
				_, err := w.Account.SaveSettings(t.Context(), by, 0, collectivity.Collectivity{Name: "Saint-Aubin", TimeZone: "Europe/Paris"})
				return err
			},
			State: func() any {
				c, err := w.Handle.Collectivity(t.Context())
				all, err2 := w.Account.Installation(t.Context())
				return []any{c, all, told(t, w, journal.SettingsSaved), errors.Join(err, err2) == nil}
			},
		}
	})
}

func TestInterruptedInvitationOfAUser(t *testing.T) {
	interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
		return worldtest.Flow{
			Run: func() error {
				return w.Account.InviteUser(t.Context(), by, worldtest.SIREN, account.Guest{Name: "Paul", Mail: "paul@x.fr", Role: rights.Reader})
			},
			State: func() any { // the link that was sent last works, and one invitation waits
				_, waiting, err := w.Account.Users(t.Context(), worldtest.SIREN)
				to, err2 := w.Account.Welcomed(t.Context(), w.Letter(account.LetterInvitation).Token)
				return []any{len(waiting), to, errors.Join(err, err2) == nil}
			},
		}
	})
}

func TestInterruptedJoining(t *testing.T) {
	interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
		invitation, token := invited(t, w, by, worldtest.SIREN, rights.Writer), ""
		return worldtest.Flow{
			Run: func() (err error) {
				token, _, err = w.Account.Join(t.Context(), invitation, "Paul", "paul", guestPassword, mairie)
				return err
			},
			State: func() any {
				s, err := w.Account.Session(t.Context(), token)
				members, waiting, err2 := w.Account.Users(t.Context(), worldtest.SIREN)
				for i := range members {
					members[i].Since = time.Time{}
				}
				return []any{s, members, waiting, told(t, w, journal.UserJoined), errors.Join(err, err2) == nil}
			},
		}
	})
}

func TestInterruptedJoiningOfAUserWhoIsThere(t *testing.T) {
	interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
		joined(t, w, by, below, rights.Reader)
		invitation, token := invited(t, w, by, worldtest.SIREN, rights.Writer), ""
		return worldtest.Flow{
			Run: func() (err error) {
				token, _, err = w.Account.JoinAs(t.Context(), invitation, "paul", guestPassword, "", mairie)
				return err
			},
			State: func() any {
				s, err := w.Account.Choose(t.Context(), token, worldtest.SIREN)
				choices, err2 := w.Account.Choices(t.Context(), "paul")
				return []any{s, choices, told(t, w, journal.UserJoined), errors.Join(err, err2) == nil}
			},
		}
	})
}

func TestInterruptedChangeOfARole(t *testing.T) {
	for _, role := range []rights.Role{rights.Sender, ""} {
		interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
			joined(t, w, by, worldtest.SIREN, rights.Reader)
			return worldtest.Flow{
				Run: func() error { return w.Account.SetRole(t.Context(), by, "paul", role, role != "") },
				State: func() any {
					members, _, err := w.Account.Users(t.Context(), worldtest.SIREN)
					return []any{members, told(t, w, journal.RoleGiven, journal.RoleTaken, journal.UserDisabled), err == nil}
				},
			}
		})
	}
}

func TestInterruptedWithdrawal(t *testing.T) {
	interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
		invitation := invited(t, w, by, worldtest.SIREN, rights.Reader)
		_, waiting, err := w.Account.Users(t.Context(), worldtest.SIREN)
		if err != nil {
			t.Fatal(err)
		}
		return worldtest.Flow{
			Run: func() error { return w.Account.Withdraw(t.Context(), by, waiting[0].ID) },
			State: func() any {
				_, left, err := w.Account.Users(t.Context(), worldtest.SIREN)
				_, gone := w.Account.Welcomed(t.Context(), invitation)
				return []any{left, errors.Is(gone, account.ErrInvitationUnknown), told(t, w, journal.InvitationGone), err == nil}
			},
		}
	})
}

func TestInterruptedChoice(t *testing.T) {
	interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
		token := signIn(t, w)
		return worldtest.Flow{
			Run: func() error {
				_, err := w.Account.Choose(t.Context(), token, below)
				return err
			},
			State: func() any {
				s, err := w.Account.Session(t.Context(), token)
				page, _, err2 := w.Account.Journal(t.Context(), below, "", journal.UserSignedIn)
				return []any{s, len(page), errors.Join(err, err2) == nil}
			},
		}
	})
}

func TestInterruptedReset(t *testing.T) {
	interrupted(t, func(w *worldtest.World, _ account.Session) worldtest.Flow {
		token, open := asked(t, w), signIn(t, w)
		return worldtest.Flow{
			Run: func() error { return w.Account.Reset(t.Context(), token, newPassword, mairie) },
			State: func() any {
				_, over := w.Account.Session(t.Context(), open)
				_, s, err := w.Account.SignIn(t.Context(), "mairie", newPassword, mairie)
				return []any{errors.Is(over, errs.ErrSignedOut), s, told(t, w, journal.PasswordReset), err == nil}
			},
		}
	})
}

func TestInterruptedAskingForAPassword(t *testing.T) {
	interrupted(t, func(w *worldtest.World, _ account.Session) worldtest.Flow {
		return worldtest.Flow{
			Run: func() error { return w.Account.AskReset(t.Context(), "mairie", mairie) },
			State: func() any {
				_, err := w.Account.CheckReset(t.Context(), w.Letter(account.LetterReset).Token)
				return err == nil
			},
		}
	})
}

func TestInterruptedChangeOfAnAddress(t *testing.T) {
	interrupted(t, func(w *worldtest.World, _ account.Session) worldtest.Flow {
		token := signIn(t, w)
		return worldtest.Flow{
			Run: func() error { return w.Account.ChangeMail(t.Context(), token, password, "claire@x.fr", mairie) },
			State: func() any {
				_, err := w.Account.Session(t.Context(), token)
				members, _, err2 := w.Account.Users(t.Context(), worldtest.SIREN)
				return []any{members, told(t, w, journal.MailChanged), errors.Join(err, err2) == nil}
			},
		}
	})
}

func TestInterruptedNamingOfAnOperator(t *testing.T) {
	interrupted(t, func(w *worldtest.World, by account.Session) worldtest.Flow {
		joined(t, w, by, worldtest.SIREN, rights.Reader)
		return worldtest.Flow{
			Run: func() error { return w.Account.SetOperator(t.Context(), by, "paul", true) },
			State: func() any {
				all, err := w.Account.Operators(t.Context())
				return []any{all, told(t, w, journal.RoleGiven), err == nil}
			},
		}
	})
}

func TestInterruptedSecondFactor(t *testing.T) {
	interrupted(t, func(w *worldtest.World, _ account.Session) worldtest.Flow {
		token := signIn(t, w)
		f, err := w.Account.BeginFactor(t.Context(), token, password, mairie)
		if err != nil {
			t.Fatal(err)
		}
		return worldtest.Flow{
			Run: func() error { return w.Account.ConfirmFactor(t.Context(), token, code(t, w, f.Secret, 0)) },
			State: func() any {
				s, err := w.Account.Session(t.Context(), token)
				return []any{s.Factor, told(t, w, journal.FactorAdded), err == nil}
			},
		}
	})
}

func TestInterruptedRemovalOfTheSecondFactor(t *testing.T) {
	interrupted(t, func(w *worldtest.World, _ account.Session) worldtest.Flow {
		token := signIn(t, w)
		f, err := w.Account.BeginFactor(t.Context(), token, password, mairie)
		if err == nil {
			err = w.Account.ConfirmFactor(t.Context(), token, code(t, w, f.Secret, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
		return worldtest.Flow{
			Run: func() error { return w.Account.RemoveFactor(t.Context(), token, password, f.Recovery[0], mairie) },
			State: func() any {
				s, err := w.Account.Session(t.Context(), token)
				return []any{s.Factor, told(t, w, journal.FactorRemoved), err == nil}
			},
		}
	})
}

// A change of password that was made and reported as failed has ended the session: the new password signs in.
func TestChangeOfPasswordThatWasReportedAsFailed(t *testing.T) {
	for call := range 40 {
		w := installed(t)
		token := signIn(t, w)
		calls := 0
		w.Fault = faultAt(call, &calls)
		_, _, err := w.Account.ChangePassword(t.Context(), token, password, newPassword, mairie)
		w.Fault = nil
		if calls <= call {
			return
		}
		var works []string
		for _, p := range []string{password, newPassword} {
			if _, _, err := w.Account.SignIn(t.Context(), "mairie", p, mairie); err == nil {
				works = append(works, p)
			}
		}
		if len(works) != 1 || err == nil && !slices.Equal(works, []string{newPassword}) {
			t.Errorf("call %d failed (%v): %q sign in", call, err, works)
		}
	}
	t.Error("there are more calls than this tries")
}

// faultAt lets one call fail after its effect.
func faultAt(call int, calls *int) func(string, table.Key) table.Fault {
	return func(string, table.Key) table.Fault {
		if *calls++; *calls-1 == call {
			return table.FaultAfter
		}
		return table.FaultNone
	}
}
