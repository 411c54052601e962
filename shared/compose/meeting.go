package compose

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/law"
	"convoc/shared/phc"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Bounds of a password that opens a convocation: it is told by phone, and locks after five wrong ones.
const (
	minPassword = 6   // characters
	maxPassword = 256 // characters
)

// The refusals of such a password.
var (
	ErrPasswordShort = errs.Define(errs.Invalid, "opening_password_short", "the password of a convocation has under 6 characters")
	ErrPasswordLong  = errs.Define(errs.Invalid, "opening_password_long", "the password of a convocation has over 256 characters")
)

func checkPassword(typed *string) error {
	if typed == nil || *typed == "" {
		return nil
	}
	switch n := utf8.RuneCountInString(*typed); {
	case n < minPassword:
		return ErrPasswordShort.At("password", "")
	case n > maxPassword:
		return ErrPasswordLong.At("password", "")
	}
	return nil
}

// password is what is stored after a password was typed, or was not.
func (s *Service) password(stored string, typed *string) (string, error) {
	if typed == nil || (stored != "" && samePassword(stored, typed)) {
		return stored, nil
	}
	if *typed == "" {
		return "", nil
	}
	h, err := phc.New(*typed, cmp.Or(s.Cost, phc.DefaultCost()), s.Random)
	return h.String(), err
}

// samePassword tells whether a password typed is the one that is stored; nil is any.
func samePassword(stored string, typed *string) bool {
	if typed == nil {
		return true
	}
	if stored == "" || *typed == "" {
		return stored == *typed
	}
	h, err := phc.Parse(stored)
	return err == nil && h.Matches(*typed)
}

// meeting checks what was typed of a meeting, and gives it its assembly as it is today.
func (s *Service) meeting(ctx context.Context, h *store.Handle, typed *convocation.Meeting) (*convocation.Meeting, error) {
	if typed == nil {
		return nil, nil
	}
	m, err := convocation.CheckMeeting(*typed)
	if err != nil {
		return nil, err
	}
	if m.Occasion == "" {
		m.Occasion = law.Ordinary
	}
	if _, known := law.ParseOccasion(string(m.Occasion)); !known {
		return nil, convocation.ErrOccasionUnknown.At("occasion", "")
	}
	if !ident.Valid(convocation.AssemblyPrefix, string(m.Assembly.ID)) {
		return nil, convocation.ErrAssemblyUnknown.At("assembly", "")
	}
	m.Assembly, err = h.Assembly(ctx, m.Assembly.ID)
	if errors.Is(err, table.ErrNotFound) {
		return nil, convocation.ErrAssemblyUnknown.At("assembly", "")
	}
	rule := m.Rule()
	m.Remote, m.Substitutes = m.Remote && rule.Remote, m.Substitutes && rule.Substitutes
	if rule.UrgencyClearDays == law.NoUrgency {
		m.Urgent = ""
	}
	return &m, err
}

// sameMeeting leaves out the version of the assembly, which others may have changed.
func sameMeeting(a, b *convocation.Meeting) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	x.At, y.At = x.At.UTC(), y.At.UTC()
	x.Assembly, y.Assembly = convocation.Assembly{ID: x.Assembly.ID}, convocation.Assembly{ID: y.Assembly.ID}
	return reflect.DeepEqual(x, y)
}

// Assemblies lists the assemblies of the collectivité, by name.
func (s *Service) Assemblies(ctx context.Context, h *store.Handle) ([]convocation.Assembly, error) {
	list, err := h.Assemblies(ctx)
	slices.SortFunc(list, func(a, b convocation.Assembly) int {
		return strings.Compare(directory.Fold(a.Name), directory.Fold(b.Name))
	})
	return list, err
}

// SaveAssembly makes an assembly (no ID), or changes one that was read at its Version. What was convened before keeps its
// own copy. Errors: errs.ErrNotFound, errs.ErrChangedMeanwhile, convocation.ErrAssemblyTaken, ErrGroupUnknown, those of
// convocation.CheckAssembly.
func (s *Service) SaveAssembly(ctx context.Context, h *store.Handle, by string, typed convocation.Assembly) (convocation.Assembly, error) {
	a, err := convocation.CheckAssembly(typed)
	if err != nil {
		return a, err
	}
	if a.Group != "" {
		if _, err := h.Group(ctx, a.Group); errors.Is(err, table.ErrNotFound) {
			return a, convocation.ErrGroupUnknown.At("group", "")
		} else if err != nil {
			return a, err
		}
	}
	others, err := h.Assemblies(ctx)
	if err != nil {
		return a, err
	}
	known := a.ID == ""
	for _, o := range others {
		if o.ID != a.ID && directory.Fold(o.Name) == directory.Fold(a.Name) {
			if a.ID == "" && sameAssembly(o, a) {
				return o, nil // our own first try, reported as failed, or a second click
			}
			return a, convocation.ErrAssemblyTaken.At("name", "")
		}
		if o.ID == a.ID {
			known = true
			if o.Version == a.Version+1 && sameAssembly(o, a) {
				return o, nil
			}
		}
	}
	if !known {
		return a, errs.ErrNotFound
	}
	if a.ID == "" {
		a.ID, a.Version = convocation.AssemblyID(ident.New(convocation.AssemblyPrefix, s.Random)), 0
	}
	a.Version++
	e := s.event(s.Now(), by, journal.AssemblySaved, "")
	e.Subject = string(a.ID)
	err = h.SaveAssembly(ctx, a, e)
	if errors.Is(err, table.ErrCondition) {
		return a, errs.ErrChangedMeanwhile
	}
	return a, err
}

// sameAssembly compares what the secretary wrote.
func sameAssembly(a, b convocation.Assembly) bool {
	b.ID, b.Version = a.ID, a.Version
	return a == b
}

// DeleteAssembly removes an assembly. One that is gone already is no error.
func (s *Service) DeleteAssembly(ctx context.Context, h *store.Handle, by string, id convocation.AssemblyID) error {
	e := s.event(s.Now(), by, journal.AssemblyDeleted, "")
	e.Subject = string(id)
	return h.DeleteAssembly(ctx, id, e)
}
