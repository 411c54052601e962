package csvimport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/ident"
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
	ErrTooManyGroups = errs.Define(errs.Invalid, "import_too_many_groups", "with a decision, a contact would be in over 64 groups")
)

// Service imports contacts. All fields are needed, but for Workbooks.
type Service struct {
	Tables    store.Tables
	Files     files.Shelves
	Workbooks contactfile.Workbooks // nil: workbooks are refused
	Now       func() time.Time
	Random    io.Reader
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
	contactfile.Contact
	State State

	old       directory.Contact // the person of the directory it is; zero for a new one
	oldGroups []directory.GroupID
	other     directory.ContactID // whose name Other is, when it stands in the directory and not in the file
}

// Preview is what an import would do.
type Preview struct {
	Import  store.Import
	File    contactfile.File
	Planned []Planned
	Groups  []string // that would be created

	run run
}

// run is one import that is looked at or applied.
type run struct {
	*Service
	h       *store.Handle
	id      string
	groups  map[string]directory.GroupID // of the file by name; empty for those that are not there
	crowded map[directory.Address]bool   // who is behind such an address is not read again for each line
}

// mailbox is who is behind one address in the directory.
type mailbox struct {
	contacts []directory.Contact
	first    directory.Contact // the one who was there first
	byID     map[directory.ContactID]int
	byName   map[string]int // words of the name
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
	form, err := s.Files.For(h.ID).SignUpload(ctx, files.Upload{
		Key: files.Key(i.Key), MinSize: 0, MaxSize: contactfile.MaxSize, Expiry: uploadExpiry,
	})
	return i, form, err
}

// Preview reads the file and says what an import would do with it. It writes nothing. A contact that would come to be in
// too many groups is a line in error, and so is one who would be asked about after [MaxQuestions] others.
// Errors: errs.ErrNotFound, ErrNotArrived, those of [contactfile.Read].
func (s *Service) Preview(ctx context.Context, h *store.Handle, id string) (Preview, error) {
	return s.preview(ctx, h, id, nil)
}

// preview is Preview with what is decided already.
func (s *Service) preview(ctx context.Context, h *store.Handle, id string, decisions map[int]Decision) (Preview, error) {
	i, err := s.imported(ctx, h, id)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Import: i, run: run{s, h, id, map[string]directory.GroupID{}, map[directory.Address]bool{}}}
	if p.File, err = s.read(ctx, h, i); err != nil {
		return p, err
	}
	if p.Groups, err = p.run.findGroups(ctx, p.File); err != nil {
		return p, err
	}
	if err := p.plan(ctx); err != nil {
		return p, err
	}
	_, tooMany, err := p.run.assign(ctx, p.Planned, nil)
	if err != nil {
		return p, err
	}
	out := p.unasked(decisions)
	for line := range tooMany {
		out[line] = contactfile.LineTooManyGroups
	}
	if len(out) > 0 {
		p.leaveOut(out)
	}
	return p, nil
}

// unasked gives the lines that no question is left for. A line that is decided has had its question, also once the import
// has made a contact of it: whoever goes on with an import that was interrupted is asked nothing else.
func (p *Preview) unasked(decisions map[int]Decision) map[int]string {
	out, asked := map[int]string{}, 0
	for _, c := range p.Planned {
		decided := decisions[c.Line] != ""
		switch {
		case c.State != Ask && !decided:
		case asked < MaxQuestions || decided:
			asked++
		default:
			out[c.Line] = LineManyQuestions
		}
	}
	return out
}

// leaveOut turns lines into errors, each with its code.
func (p *Preview) leaveOut(codes map[int]string) {
	used := map[string]bool{}
	p.Planned = slices.DeleteFunc(p.Planned, func(c Planned) bool {
		if code := codes[c.Line]; code != "" {
			p.File.Refuse(contactfile.LineError{
				Line: c.Line, Code: code, Column: -1, Cells: append([]string{string(c.Address), c.Name}, c.Groups...),
			})
			return true
		}
		for _, g := range c.Groups {
			used[g] = true
		}
		return false
	})
	p.Groups = slices.DeleteFunc(p.Groups, func(g string) bool { return !used[g] })
	slices.SortFunc(p.File.Errors, func(a, b contactfile.LineError) int { return cmp.Compare(a.Line, b.Line) })
}

// plan compares all contacts of the file with the directory, which is read once for each address.
func (p *Preview) plan(ctx context.Context) error {
	lines := map[directory.Address]int{}
	for _, c := range p.File.Contacts {
		lines[c.Address]++
	}
	mailboxes := map[directory.Address]mailbox{}
	for _, c := range p.File.Contacts {
		there, read := mailboxes[c.Address]
		if !read {
			var err error
			if there, err = p.run.mailbox(ctx, c.Address); err != nil {
				return err
			}
			p.run.crowded[c.Address] = len(there.contacts)+lines[c.Address] > crowd
			if lines[c.Address] > 1 {
				mailboxes[c.Address] = there
			}
		}
		planned, err := p.run.plan(ctx, c, there)
		if err != nil {
			return err
		}
		p.Planned = append(p.Planned, planned)
	}
	return nil
}

// mailbox reads who is behind an address.
func (r run) mailbox(ctx context.Context, a directory.Address) (mailbox, error) {
	contacts, err := r.h.ContactsAt(ctx, a)
	m := mailbox{contacts: contacts, byID: map[directory.ContactID]int{}, byName: map[string]int{}}
	for i, c := range contacts {
		m.byID[c.ID] = i
		if words := strings.Join(directory.Words(c.Name), " "); words != "" {
			if _, taken := m.byName[words]; !taken {
				m.byName[words] = i
			}
		}
	}
	if len(contacts) > 0 {
		m.first = slices.MinFunc(contacts, func(a, b directory.Contact) int { return a.CreatedAt.Compare(b.CreatedAt) })
	}
	return m, err
}

// crowd is how many persons of one address are compared by their names.
const crowd = 30

// find looks for the person that a line is: the one that it made before the import was interrupted, one of the same name,
// one whose name may be the same.
func (m mailbox) find(own directory.ContactID, name string) (directory.Contact, bool) {
	if i, known := m.byID[own]; known {
		return m.contacts[i], true
	}
	if i, known := m.byName[strings.Join(directory.Words(name), " ")]; known {
		return m.contacts[i], true
	}
	for _, c := range m.contacts[:min(len(m.contacts), crowd)] {
		if directory.SamePerson(c.Name, name) {
			return c, true
		}
	}
	return directory.Contact{}, false
}

func (s *Service) imported(ctx context.Context, h *store.Handle, id string) (store.Import, error) {
	i, err := h.Import(ctx, id)
	if errors.Is(err, table.ErrNotFound) {
		return i, errs.ErrNotFound
	}
	return i, err
}

func (s *Service) read(ctx context.Context, h *store.Handle, i store.Import) (contactfile.File, error) {
	shelf := s.Files.For(h.ID)
	f, err := contactfile.Read(func() (io.ReadCloser, error) { return shelf.Open(ctx, files.Key(i.Key)) }, contactfile.Options{
		Workbooks: s.Workbooks,
	})
	if errors.Is(err, files.ErrNotFound) {
		return f, ErrNotArrived
	}
	f.Contacts = slices.DeleteFunc(f.Contacts, func(c contactfile.Contact) bool { // TODO(#6): persons on paper
		if c.Address == "" {
			f.Refuse(contactfile.LineError{Line: c.Line, Code: contactfile.LineAddressMissing, Column: -1, Cells: append([]string{"", c.Name}, c.Groups...)})
		}
		return c.Address == ""
	})
	slices.SortFunc(f.Errors, func(a, b contactfile.LineError) int { return cmp.Compare(a.Line, b.Line) })
	return f, err
}

// findGroups looks which groups of the file the directory has, and lists those that it lacks.
func (r run) findGroups(ctx context.Context, f contactfile.File) (missing []string, err error) {
	for _, c := range f.Contacts {
		for _, g := range c.Groups {
			if _, seen := r.groups[g]; seen {
				continue
			}
			group, err := r.h.GroupNamed(ctx, g)
			if errors.Is(err, table.ErrNotFound) {
				missing, err = append(missing, g), nil
			}
			if err != nil {
				return nil, err
			}
			r.groups[g] = group.ID
		}
	}
	return missing, nil
}

// The contact that an import makes of a line, and the group that it makes of a name, have identifiers of their own: an
// import that was interrupted finds them again, whatever they are called by then.

func contactID(id string, line int) directory.ContactID {
	return directory.ContactID(ident.Derive("ctc_", []byte(id), fmt.Sprint(line)))
}

func groupID(id, name string) directory.GroupID {
	return directory.GroupID(ident.Derive("grp_", []byte(id), directory.Fold(name)))
}

// plan compares one contact of the file with those behind its address.
func (r run) plan(ctx context.Context, c contactfile.Contact, there mailbox) (Planned, error) {
	p := Planned{Contact: c, State: New}
	old, found := there.find(contactID(r.id, c.Line), c.Name)
	switch {
	case found:
		p.Other = ""
		return r.against(ctx, p, old)
	case c.Other != "":
		p.State = Ask
	case len(there.contacts) > 0:
		p.State, p.Other, p.other = Ask, there.first.Name, there.first.ID
	}
	return p, nil
}

// against completes a plan whose person is in the directory.
func (r run) against(ctx context.Context, p Planned, old directory.Contact) (Planned, error) {
	of, err := r.h.GroupsOf(ctx, old.ID)
	if err != nil {
		return p, err
	}
	p.old, p.oldGroups, p.State = old, of, Unchanged
	joins := slices.ContainsFunc(p.Groups, func(g string) bool { return !slices.Contains(of, r.groups[g]) })
	if joins || name(old.Name, p.Name) != old.Name || len(addresses(old.Addresses, p.Contact)) > len(old.Addresses) {
		p.State = Changed
	}
	return p, nil
}

// addresses are those of a person with what the file adds to them, two at most.
func addresses(old []directory.Address, c contactfile.Contact) []directory.Address {
	all := slices.Clone(old)
	for _, a := range []directory.Address{c.Address, c.Second} {
		if a != "" && len(all) < 2 && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// name chooses between what the directory and the file call a person: the file's, unless it says less.
func name(old, file string) string {
	if file == "" || (len(file) < len(old) && directory.SamePerson(old, file)) {
		return old
	}
	return file
}
