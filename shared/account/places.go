package account

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"convoc/shared/collectivity"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
)

// ErrNoAccess: the password is right, and there is nothing left that the user may do: her access was disabled, or her
// collectivité is closed.
var ErrNoAccess = errs.Define(errs.Denied, "no_access", "the user has no role in anything that is open")

// place is what a user is in a collectivité, as the registry has it: the greatest of her roles there and above. The role
// is empty when she may nothing, or it is closed.
func (s *Service) place(ctx context.Context, u store.User, id collectivity.ID) (rights.Role, collectivity.Entry, error) {
	e, err := s.entry(ctx, u, id)
	if errors.Is(err, table.ErrNotFound) {
		return "", e, nil
	}
	if err != nil || !e.ClosedAt.IsZero() {
		return "", e, err
	}
	role := rights.Role("")
	for _, m := range u.Memberships {
		switch {
		case m.Disabled:
		case m.Collectivity == id:
			role = rights.Greater(role, m.Role)
		case e.Below(m.Collectivity):
			above, err := s.Tables.AccountsHandle().Entry(ctx, m.Collectivity)
			if err != nil {
				return "", e, err
			}
			if above.ClosedAt.IsZero() {
				role = rights.Greater(role, m.Role)
			}
		}
	}
	return role, e, nil
}

// entry reads the registry. Before there was one, the user's own collectivité was the only one: see adopt.
func (s *Service) entry(ctx context.Context, u store.User, id collectivity.ID) (collectivity.Entry, error) {
	e, err := s.Tables.AccountsHandle().Entry(ctx, id)
	if _, own := u.Membership(id); own && errors.Is(err, table.ErrNotFound) {
		return collectivity.Entry{ID: id}, nil
	}
	return e, err
}

// sole is the collectivité of a user who has a role in one alone; empty otherwise.
func sole(u store.User) collectivity.ID {
	if enabled := enabled(u); len(enabled) == 1 {
		return enabled[0].Collectivity
	}
	return ""
}

func enabled(u store.User) []store.Membership {
	return slices.DeleteFunc(slices.Clone(u.Memberships), func(m store.Membership) bool { return m.Disabled })
}

// first is the collectivité for which a user begins to work: the only open one where she has a role, or none.
// Errors: ErrNoAccess.
func (s *Service) first(ctx context.Context, u store.User) (collectivity.ID, error) {
	var open []collectivity.ID
	for _, m := range enabled(u) {
		role, _, err := s.place(ctx, u, m.Collectivity)
		if err != nil {
			return "", err
		}
		if role != "" {
			open = append(open, m.Collectivity)
		}
	}
	switch {
	case len(open) == 1:
		return open[0], nil
	case len(open) == 0 && !u.Operator:
		return "", ErrNoAccess
	default:
		return "", nil
	}
}

// sessionOf says what a session lets its user do now. Errors: ErrNoAccess.
func (s *Service) sessionOf(ctx context.Context, u store.User, stored store.Session) (Session, error) {
	out := Session{
		Login: u.Login, Name: u.Name, Collectivity: cmp.Or(stored.Collectivity, sole(u)), Role: rights.SignedIn,
		Operator: u.Operator, Several: len(enabled(u)) > 1, Factor: u.Factor.On(),
	}
	if out.Collectivity == "" {
		if !u.Operator && len(enabled(u)) == 0 {
			return Session{}, ErrNoAccess
		}
		return out, nil
	}
	role, e, err := s.place(ctx, u, out.Collectivity)
	if err != nil {
		return Session{}, err
	}
	if role == "" && stored.Collectivity == "" && u.Operator { // her only one is closed; she can open it
		out.Collectivity = ""
		return out, nil
	}
	if role == "" {
		return Session{}, ErrNoAccess
	}
	out.Role, out.Several = role, out.Several || e.Parent || sole(u) != out.Collectivity
	return out, nil
}

// adopt enters into the registry a user, and her collectivité, of an installation that was made before there was one.
func (s *Service) adopt(ctx context.Context, u *store.User) error {
	if len(u.Memberships) != 1 {
		return nil
	}
	id := u.Memberships[0].Collectivity
	accounts := s.Tables.AccountsHandle()
	if _, err := accounts.Entry(ctx, id); errors.Is(err, table.ErrNotFound) {
		c, err := s.sender(ctx, id)
		if err != nil {
			return err
		}
		entry := collectivity.Entry{ID: id, Name: cmp.Or(c.Name, string(id)), CreatedAt: c.CreatedAt}
		if err := accounts.Commit(ctx, store.Entered(entry)); err != nil && !errors.Is(err, table.ErrCondition) {
			return err
		}
	} else if err != nil {
		return err
	}
	if u.Revision > 0 {
		return nil
	}
	err := accounts.Commit(ctx, store.UserChanged(*u, *u))
	if err != nil && !errors.Is(err, table.ErrCondition) { // somebody else did at this moment
		return err
	}
	*u, err = accounts.User(ctx, u.Login)
	return err
}

// Choice is a collectivité that a user may work for.
type Choice struct {
	collectivity.Entry
	Role rights.Role
}

// Choices lists the open collectivités that a user may work for, by name: those where she has a role, and those below.
func (s *Service) Choices(ctx context.Context, login string) ([]Choice, error) {
	accounts := s.Tables.AccountsHandle()
	u, err := accounts.User(ctx, login)
	if err != nil {
		return nil, err
	}
	all, err := accounts.Registry(ctx)
	if err != nil {
		return nil, err
	}
	var choices []Choice
	for _, e := range all {
		role, _, err := s.placeIn(ctx, u, e)
		if err != nil {
			return nil, err
		}
		if role != "" {
			choices = append(choices, Choice{e, role})
		}
	}
	slices.SortFunc(choices, func(a, b Choice) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return choices, nil
}

// placeIn is place, where nothing need be read because nothing of the user's is concerned.
func (s *Service) placeIn(ctx context.Context, u store.User, e collectivity.Entry) (rights.Role, collectivity.Entry, error) {
	concerned := slices.ContainsFunc(u.Memberships, func(m store.Membership) bool {
		return m.Collectivity == e.ID || e.Below(m.Collectivity)
	})
	if !concerned {
		return "", e, nil
	}
	return s.place(ctx, u, e.ID)
}

// Choose makes a session one for a collectivité. One that the user has no role in is none. Errors: errs.ErrSignedOut,
// errs.ErrNotFound.
func (s *Service) Choose(ctx context.Context, token string, id collectivity.ID) (Session, error) {
	stored, u, err := s.current(ctx, token)
	if err != nil {
		return Session{}, err
	}
	role, _, err := s.place(ctx, u, id)
	if err != nil {
		return Session{}, err
	}
	if role == "" {
		return Session{}, errs.ErrNotFound
	}
	if stored.Collectivity != id {
		err := s.Tables.AccountsHandle().Commit(ctx, store.SessionMoved(digest(token), id),
			store.Told(id, s.event(u.Login, journal.UserSignedIn, u.Login)))
		if errors.Is(err, table.ErrCondition) {
			return Session{}, errs.ErrSignedOut
		}
		if err != nil {
			return Session{}, err
		}
		stored.Collectivity = id
	}
	return s.sessionOf(ctx, u, stored)
}
