package csvimport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/journal"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Prefix of the identifier of an import.
const Prefix = "imp_"

// uploadExpiry of the form for the file.
const uploadExpiry = time.Hour

// The refusals of an import.
var (
	ErrNotArrived    = errs.Define(errs.Conflict, "import_not_arrived", "the file has not arrived yet")
	ErrUndecided     = errs.Define(errs.Invalid, "import_undecided", "a question about one line has no answer")
	ErrTooManyGroups = errs.Define(errs.Invalid, "import_too_many_groups", "a contact would be in over 20 groups")
	ErrGroupTooLong  = errs.Define(errs.Invalid, "import_group_too_long", "a group name is over 100 characters")
)

// Service imports contacts. All fields are needed.
type Service struct {
	Tables store.Tables
	Files  files.Store
	Now    func() time.Time
	Random io.Reader
}

// State is what an import would do with one contact of the file.
type State string

// The states.
const (
	New       State = "new"
	Changed   State = "changed"
	Unchanged State = "unchanged"
	Ask       State = "ask" // another person has the address: the secretary decides
)

// Planned is a contact of the file with what would become of it.
type Planned struct {
	Contact
	State State

	old       directory.Contact // the person of the directory it is; zero for a new one
	oldGroups []directory.GroupID
}

// Preview is what an import would do.
type Preview struct {
	Import  store.Import
	File    File
	Planned []Planned
	Groups  []string // that would be created
}

// Decision is the secretary's answer about a line.
type Decision string

// « La même personne », « deux personnes, une boîte ».
const (
	SamePerson  Decision = "same"
	OtherPerson Decision = "other"
)

// Create begins an import and gives the form for its file.
func (s *Service) Create(ctx context.Context, h *store.Handle, by, name string) (store.Import, files.Form, error) {
	id := ident.New(Prefix, s.Random)
	i := store.Import{
		ID: id, Name: files.SafeName(name), By: by, CreatedAt: s.Now(), Key: fmt.Sprintf("%s/imports/%s", h.ID, id),
	}
	if err := h.PutImport(ctx, i); err != nil {
		return i, files.Form{}, err
	}
	form, err := s.Files.SignUpload(ctx, files.Upload{
		Key: files.Key(i.Key), MinSize: 0, MaxSize: MaxSize, Expiry: uploadExpiry,
	})
	return i, form, err
}

// Preview reads the file and says what an import would do with it. It writes nothing.
// Errors: errs.ErrNotFound, ErrNotArrived, those of [Read].
func (s *Service) Preview(ctx context.Context, h *store.Handle, id string) (Preview, error) {
	i, err := h.Import(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return Preview{}, errs.ErrNotFound
	}
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Import: i}
	if p.File, err = s.read(ctx, i); err != nil {
		return p, err
	}
	if err := s.missingGroups(ctx, h, &p); err != nil {
		return p, err
	}
	for _, c := range p.File.Contacts {
		planned, err := s.plan(ctx, h, c)
		if err != nil {
			return p, err
		}
		p.Planned = append(p.Planned, planned)
	}
	return p, nil
}

func (s *Service) read(ctx context.Context, i store.Import) (File, error) {
	r, err := s.Files.Open(ctx, files.Key(i.Key))
	if errors.Is(err, files.ErrNotFound) {
		return File{}, ErrNotArrived
	}
	if err != nil {
		return File{}, err
	}
	defer r.Close()
	return Read(r)
}

// maxGroupName is the longest name of a group, in characters: that of package contacts.
const maxGroupName = 100

// missingGroups lists the groups of the file that the directory lacks.
func (s *Service) missingGroups(ctx context.Context, h *store.Handle, p *Preview) error {
	seen := map[string]bool{}
	for _, c := range p.File.Contacts {
		if len(c.Groups) > store.MaxGroupsOf {
			return ErrTooManyGroups.At("file", c.Name)
		}
		for _, g := range c.Groups {
			if seen[g] {
				continue
			}
			seen[g] = true
			if len([]rune(g)) > maxGroupName {
				return ErrGroupTooLong.At("file", g[:20])
			}
			_, err := h.GroupNamed(ctx, g)
			if errors.Is(err, table.ErrNotFound) {
				p.Groups = append(p.Groups, g)
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// plan compares one contact of the file with the directory.
func (s *Service) plan(ctx context.Context, h *store.Handle, c Contact) (Planned, error) {
	there, err := h.ContactsAt(ctx, c.Address)
	if err != nil {
		return Planned{}, err
	}
	p := Planned{Contact: c, State: New}
	i := slices.IndexFunc(there, func(old directory.Contact) bool { return directory.SamePerson(old.Name, c.Name) })
	if i < 0 && len(there) > 0 {
		p.Other = there[0].Name
		i = -1
	}
	if i >= 0 {
		p.Other = ""
		return s.against(ctx, h, p, there[i])
	}
	if p.Other != "" {
		p.State = Ask
	}
	return p, nil
}

// against completes a plan whose person is in the directory.
func (s *Service) against(ctx context.Context, h *store.Handle, p Planned, old directory.Contact) (Planned, error) {
	groups, err := h.GroupsOf(ctx, old.ID)
	if err != nil {
		return p, err
	}
	p.old, p.oldGroups, p.State = old, groups, Unchanged
	if name(old.Name, p.Name) != old.Name {
		p.State = Changed
	}
	for _, g := range p.Groups {
		group, err := h.GroupNamed(ctx, g)
		if err != nil && !errors.Is(err, table.ErrNotFound) {
			return p, err
		}
		if err != nil || !slices.Contains(groups, group.ID) {
			p.State = Changed
		}
	}
	return p, nil
}

// name chooses between what the directory and the file call a person: the file's, unless it says less.
func name(old, file string) string {
	if file == "" || (len(file) < len(old) && directory.SamePerson(old, file)) {
		return old
	}
	return file
}

// Apply does the import: groups that are missing are created, contacts are added or completed, no membership is ever
// taken away. Killed anywhere, it is applied again; applied twice, it changes nothing and gives the same result.
// Errors: ErrUndecided, those of Preview.
func (s *Service) Apply(ctx context.Context, h *store.Handle, by, id string, decisions map[int]Decision) (store.Import, error) {
	p, err := s.Preview(ctx, h, id)
	if err != nil || !p.Import.AppliedAt.IsZero() {
		return p.Import, err
	}
	if err := undecided(p, decisions); err != nil {
		return p.Import, err
	}
	groups, err := s.createGroups(ctx, h, by, p)
	if err != nil {
		return p.Import, err
	}
	done := p.Import
	for _, c := range p.File.Contacts {
		changed, err := s.one(ctx, h, id, c, decisions[c.Line], groups)
		if err != nil {
			return done, fmt.Errorf("line %d of %s: %w", c.Line, id, err)
		}
		done.Imported++
		if !changed {
			done.Unchanged++
		}
	}
	done.AppliedAt, done.Groups = s.Now(), len(p.Groups)
	e := journal.Event{
		ID: ident.New("evt_", s.Random), At: done.AppliedAt, Who: by, What: journal.ContactsImported, Subject: id, Count: done.Imported,
	}
	err = h.FinishImport(ctx, done, e)
	if errors.Is(err, table.ErrCondition) {
		return h.Import(ctx, id)
	}
	return done, err
}

func undecided(p Preview, decisions map[int]Decision) error {
	for _, c := range p.Planned {
		if d := decisions[c.Line]; c.State == Ask && d != SamePerson && d != OtherPerson {
			return ErrUndecided.At("decisions", c.Name)
		}
	}
	return nil
}

// createGroups gives each group of the file its identifier.
func (s *Service) createGroups(ctx context.Context, h *store.Handle, by string, p Preview) (map[string]directory.GroupID, error) {
	groups := map[string]directory.GroupID{}
	for _, c := range p.File.Contacts {
		for _, g := range c.Groups {
			if groups[g] != "" {
				continue
			}
			there, err := h.GroupNamed(ctx, g)
			if errors.Is(err, table.ErrNotFound) {
				there, err = s.createGroup(ctx, h, by, p.Import.ID, g)
			}
			if err != nil {
				return nil, err
			}
			groups[g] = there.ID
		}
	}
	return groups, nil
}

func (s *Service) createGroup(ctx context.Context, h *store.Handle, by, id, name string) (directory.Group, error) {
	now := s.Now()
	g := directory.Group{
		ID: directory.GroupID(ident.Derive("grp_", []byte(id), directory.Fold(name))), Name: name, CreatedAt: now,
	}
	err := h.CreateGroup(ctx, g, journal.Event{
		ID: ident.New("evt_", s.Random), At: now, Who: by, What: journal.GroupSaved, Subject: string(g.ID), Count: 1,
	})
	if errors.Is(err, table.ErrCondition) {
		return h.GroupNamed(ctx, name)
	}
	return g, err
}

// tries of one contact that changes while it is imported.
const tries = 3

// one adds or completes one contact, and tells whether anything changed.
func (s *Service) one(ctx context.Context, h *store.Handle, id string, c Contact, d Decision, groups map[string]directory.GroupID) (bool, error) {
	var err error
	for range tries {
		var p Planned
		if p, err = s.decided(ctx, h, c, d); err != nil || p.State == Unchanged {
			return false, err
		}
		if err = s.save(ctx, h, id, p, groups); !errors.Is(err, table.ErrCondition) {
			return err == nil, err
		}
	}
	return false, err
}

// decided plans one contact with the secretary's answer.
func (s *Service) decided(ctx context.Context, h *store.Handle, c Contact, d Decision) (Planned, error) {
	p, err := s.plan(ctx, h, c)
	if err != nil || p.State != Ask {
		return p, err
	}
	if d != SamePerson {
		p.State = New
		return p, nil
	}
	there, err := h.ContactsAt(ctx, c.Address)
	if err != nil {
		return p, err
	}
	return s.against(ctx, h, p, there[0])
}

func (s *Service) save(ctx context.Context, h *store.Handle, id string, p Planned, groups map[string]directory.GroupID) error {
	now := s.Now()
	c := p.old
	if p.old.Version == 0 {
		c = directory.Contact{
			ID:        directory.ContactID(ident.Derive("ctc_", []byte(id), fmt.Sprint(p.Line))),
			Addresses: []directory.Address{p.Address}, CreatedAt: now,
		}
	}
	c.Name, c.Version, c.UpdatedAt = name(c.Name, p.Name), p.old.Version+1, now
	of := slices.Clone(p.oldGroups)
	for _, g := range p.Groups {
		if !slices.Contains(of, groups[g]) {
			of = append(of, groups[g])
		}
	}
	if len(of) > store.MaxGroupsOf {
		return ErrTooManyGroups.At("file", c.Name)
	}
	return h.SaveContact(ctx, p.old, c, p.oldGroups, of)
}
