package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/journal"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/table"
)

// maxDepth of the tree of collectivités: a région, a département, an EPCI, its communes, and their CCAS.
const maxDepth = 5

// Bounds of the settings.
const (
	maxPhone     = 50  // characters
	maxRetention = 600 // months
)

// The refusals.
var (
	ErrCollectivityExists = errs.Define(errs.Conflict, "collectivity_exists", "there is a body with the SIREN")
	ErrTooDeep            = errs.Define(errs.Invalid, "tree_too_deep", "the tree has five levels at most")
	ErrSettingsInvalid    = errs.Define(errs.Invalid, "settings_invalid", "a setting has a value that is not one of its own")
)

// Installation lists all collectivités for the opérateur, by SIREN.
func (s *Service) Installation(ctx context.Context) ([]collectivity.Entry, error) {
	return s.Tables.AccountsHandle().Registry(ctx)
}

// Operators lists those who keep the installation, by login.
func (s *Service) Operators(ctx context.Context) ([]Member, error) {
	accounts := s.Tables.AccountsHandle()
	logins, err := accounts.Operators(ctx)
	if err != nil {
		return nil, err
	}
	var members []Member
	for _, login := range logins {
		u, err := accounts.User(ctx, login)
		if err != nil {
			return nil, err
		}
		members = append(members, Member{Login: u.Login, Name: u.Name, Factor: u.Factor.On(), Since: u.CreatedAt})
	}
	return members, nil
}

// SetOperator lets a user who is there keep the installation too, or no more; nobody does so to herself: one would be
// missing. Errors: errs.ErrNotFound, ErrOwnRole, errs.ErrChangedMeanwhile.
func (s *Service) SetOperator(ctx context.Context, by Session, login string, operator bool) error {
	u, err := s.Tables.AccountsHandle().User(ctx, FoldLogin(login))
	if errors.Is(err, table.ErrNotFound) {
		return errs.ErrNotFound.At("login", "")
	}
	if err != nil || u.Operator == operator {
		return err
	}
	if u.Login == by.Login {
		return ErrOwnRole
	}
	after := u
	after.Operator = operator
	what := journal.RoleTaken
	if operator {
		what = journal.RoleGiven
	}
	var parts []store.Part
	for _, m := range u.Memberships {
		e := s.event(by.Login, what, u.Login)
		e.Role = string(rights.Operator)
		parts = append(parts, store.Told(m.Collectivity, e))
	}
	return s.replace(ctx, u, after, parts...)
}

// CreateCollectivity adds a collectivité, below another one or none. The same asked for again, after a lost answer, does
// what is left to do. Errors: collectivity.ErrSIREN, ErrNameEmpty, ErrNameLong, errs.ErrNotFound for the one above,
// ErrTooDeep, ErrCollectivityExists.
func (s *Service) CreateCollectivity(ctx context.Context, by Session, siren, name string, below collectivity.ID) (collectivity.ID, error) {
	e, err := s.newEntry(ctx, siren, name, below)
	if err != nil {
		return "", err
	}
	accounts := s.Tables.AccountsHandle()
	err = accounts.Commit(ctx, store.Entered(e), store.Told(e.ID, s.event(by.Login, journal.CollectivityMade, string(e.ID))))
	if errors.Is(err, table.ErrCondition) {
		there, err := accounts.Entry(ctx, e.ID)
		if err != nil {
			return "", err
		}
		if there.Name != e.Name || !slices.Equal(there.Above, e.Above) {
			return "", ErrCollectivityExists.At("siren", "")
		}
	} else if err != nil {
		return "", err
	}
	h := s.Tables.Collectivity(e.ID)
	if _, err := h.Collectivity(ctx); !errors.Is(err, table.ErrNotFound) {
		return e.ID, err
	}
	return e.ID, h.PutCollectivity(ctx, collectivity.Collectivity{ID: e.ID, Name: e.Name, TimeZone: homeZone, CreatedAt: e.CreatedAt})
}

// homeZone is that of a collectivité that has said nothing else.
const homeZone = "Europe/Paris"

func (s *Service) newEntry(ctx context.Context, siren, name string, below collectivity.ID) (collectivity.Entry, error) {
	e := collectivity.Entry{CreatedAt: s.Now()}
	var err error
	if e.ID, err = collectivity.ParseID(siren); err != nil {
		return e, collectivity.ErrSIREN.At("siren", "")
	}
	if e.Name, err = checkName(name); err != nil || below == "" {
		return e, err
	}
	parent, err := s.Tables.AccountsHandle().Entry(ctx, below)
	if errors.Is(err, table.ErrNotFound) {
		return e, errs.ErrNotFound.At("parent", "")
	}
	if err != nil {
		return e, err
	}
	if e.Above = append([]collectivity.ID{below}, parent.Above...); len(e.Above) >= maxDepth {
		return e, ErrTooDeep.At("parent", "")
	}
	return e, nil
}

func checkName(name string) (string, error) {
	switch name = directory.CleanName(name); {
	case name == "":
		return name, ErrNameEmpty.At("name", "")
	case len([]rune(name)) > maxName:
		return name, ErrNameLong.At("name", "")
	}
	return name, nil
}

// InviteAdministrator invites somebody to administer a collectivité of the registry. Errors: errs.ErrNotFound, those of
// InviteUser.
func (s *Service) InviteAdministrator(ctx context.Context, by Session, id collectivity.ID, name, mail string) error {
	_, err := s.Tables.AccountsHandle().Entry(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return errs.ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.InviteUser(ctx, by, id, Guest{Name: name, Mail: mail, Role: rights.Administrator})
}

// SetClosed closes a collectivité, or opens it again: while it is closed nobody works for it. What it has sent goes on:
// the élus' links stay open. Errors: errs.ErrNotFound.
func (s *Service) SetClosed(ctx context.Context, by Session, id collectivity.ID, closed bool) error {
	accounts := s.Tables.AccountsHandle()
	e, err := accounts.Entry(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return errs.ErrNotFound
	}
	if err != nil || e.ClosedAt.IsZero() == !closed {
		return err
	}
	what, at := journal.CollectivityOpened, time.Time{}
	if closed {
		what, at = journal.CollectivityClosed, s.Now()
	}
	err = accounts.Commit(ctx, store.EntryClosed(id, at), store.Told(id, s.event(by.Login, what, string(id))))
	if errors.Is(err, table.ErrCondition) { // somebody else did at this moment
		return nil
	}
	return err
}

// SaveSettings gives the collectivité of a session other settings than those of a version, and returns them. The same
// given again, after a lost answer, is taken again. Errors: ErrNameEmpty, ErrNameLong, ErrMailInvalid,
// ErrSettingsInvalid, errs.ErrChangedMeanwhile.
func (s *Service) SaveSettings(ctx context.Context, by Session, version int64, c collectivity.Collectivity) (collectivity.Collectivity, error) {
	h := s.Tables.Collectivity(by.Collectivity)
	now, err := h.Collectivity(ctx)
	if err != nil {
		return c, err
	}
	c.ID, c.CreatedAt, c.Version = now.ID, now.CreatedAt, now.Version
	if c, err = checkSettings(c); err != nil {
		return c, err
	}
	if c != now {
		if now.Version != version {
			return c, errs.ErrChangedMeanwhile
		}
		err = h.SaveCollectivity(ctx, version, c, s.event(by.Login, journal.SettingsSaved, string(c.ID)))
		if errors.Is(err, table.ErrCondition) {
			return c, errs.ErrChangedMeanwhile
		}
		if err != nil {
			return c, err
		}
		c.Version++
	}
	err = s.Tables.AccountsHandle().NameEntry(ctx, c.ID, c.Name)
	if errors.Is(err, table.ErrCondition) { // an installation from before the registry: see adopt
		err = nil
	}
	return c, err
}

func checkSettings(c collectivity.Collectivity) (collectivity.Collectivity, error) {
	var err error
	if c.Name, err = checkName(c.Name); err != nil {
		return c, err
	}
	if c.Sender, c.Phone = directory.CleanName(c.Sender), directory.CleanName(c.Phone); len([]rune(c.Sender)) > maxName {
		return c, ErrNameLong.At("sender", "")
	}
	if c.Mail = strings.TrimSpace(c.Mail); c.Mail != "" {
		address, _, err := directory.CleanAddress(c.Mail)
		if err != nil {
			return c, ErrMailInvalid.At("mail", "")
		}
		c.Mail = string(address)
	}
	_, zone := time.LoadLocation(c.TimeZone)
	for field, wrong := range map[string]bool{
		"phone": len([]rune(c.Phone)) > maxPhone, "time_zone": zone != nil || !strings.Contains(c.TimeZone, "/"),
		"kind":       c.Kind != "" && !slices.Contains(collectivity.Kinds(), c.Kind),
		"population": c.Population != "" && !slices.Contains(collectivity.Populations(), c.Population),
		"retention":  c.Retention < 0 || c.Retention > maxRetention,
	} {
		if wrong {
			return c, ErrSettingsInvalid.At(field, "")
		}
	}
	return c, nil
}
