package csvimport

import (
	"context"
	"slices"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/store"
)

// What is shown of a file; all is counted.
const (
	shownEach   = 100     // contacts of each state
	shownErrors = 1_000   // lines in error
	shownCells  = 1_000   // lines in error with their cells
	shownBytes  = 1 << 20 // of what is shown
)

// Preview is what an import would do.
type Preview struct {
	Import store.Import
	Layout contactfile.Layout
	Counts Counts
	Groups []NewGroup // that the directory lacks, in the order of the file

	Contacts  []Shown                 // the first ones of each state
	Questions []Planned               // with those that are answered, in the order of the file
	Errors    []contactfile.LineError // the first ones
	Doubts    []Planned               // whose address may be mistyped, the first ones
	Chosen    map[int]store.ImportLine
}

// Counts count contacts, but for Merged, Errors and Out, which are rows.
type Counts struct {
	New, Changed, Unchanged, Asked int
	Merged                         int // rows that complete an earlier one
	Errors                         int
	Out                            int // left out by the secretary
	Paper                          int // contacts who would get no mail
}

// Total are the contacts of the file.
func (c Counts) Total() int { return c.New + c.Changed + c.Unchanged + c.Asked }

// NewGroup is a group that would be created, unless it is refused.
type NewGroup struct {
	Name    string
	Refused bool
}

// Shown is a contact with what would change of it.
type Shown struct {
	Planned
	Changes []journal.Change // of a changed one; groups by name
}

// Preview reads the file and says what an import would do with it. It writes nothing.
// Errors: errs.ErrNotFound, ErrNotArrived, those of [contactfile.Open] and [contactfile.Reader.Next].
func (s *Service) Preview(ctx context.Context, h *store.Handle, id string) (Preview, error) {
	i, err := s.Import(ctx, h, id)
	if err != nil {
		return Preview{}, err
	}
	p, err := s.begin(ctx, h, i)
	if err != nil {
		return Preview{}, err
	}
	out := Preview{Import: i, Layout: p.layout, Chosen: p.chosen}
	out.Counts.Merged = p.merged
	for _, l := range p.chosen {
		if l.Out {
			out.Counts.Out++
		}
	}
	v := viewer{pass: p, out: &out, shown: map[State]int{}, seen: map[string]bool{}}
	err = p.each(ctx, 0, v.contact, v.fault)
	return out, err
}

// viewer keeps what is shown.
type viewer struct {
	*pass
	out   *Preview
	shown map[State]int
	seen  map[string]bool // folded names of groups
	bytes int
}

func (v *viewer) contact(p Planned) error {
	v.groupsOf(p.Groups)
	switch p.State {
	case New:
		v.out.Counts.New++
	case Changed:
		v.out.Counts.Changed++
	case Unchanged:
		v.out.Counts.Unchanged++
	case Ask:
		v.out.Counts.Asked++
	}
	if p.State == Ask || v.chosen[p.Line].Decision != "" && p.Other != "" {
		v.out.Questions = append(v.out.Questions, p)
	}
	if p.State != Ask && !p.after.Mailed() {
		v.out.Counts.Paper++
	}
	if p.Doubt != "" && len(v.out.Doubts) < shownEach {
		v.out.Doubts = append(v.out.Doubts, p)
	}
	if v.shown[p.State] == shownEach || v.bytes > shownBytes {
		return nil
	}
	v.shown[p.State]++
	s := Shown{Planned: p}
	if p.State == Changed {
		s.Changes = changes(p.before, p.after, v.groupName(p.Groups))
	}
	v.bytes += size(append(p.Groups, p.Name, p.Function))
	v.out.Contacts = append(v.out.Contacts, s)
	return nil
}

// groupName tells what groups are called, those too that a row would create.
func (v *viewer) groupName(named []string) func(directory.GroupID) string {
	return func(id directory.GroupID) string {
		if name, there := v.names[id]; there {
			return name
		}
		for _, name := range named {
			if groupID(v.i.ID, name) == id {
				return name
			}
		}
		return ""
	}
}

func (v *viewer) groupsOf(names []string) {
	for _, name := range names {
		folded := directory.Fold(name)
		if v.seen[folded] {
			continue
		}
		v.seen[folded] = true
		if v.groups[folded] == "" {
			v.out.Groups = append(v.out.Groups, NewGroup{name, v.refused[folded]})
		}
	}
}

func (v *viewer) fault(e contactfile.LineError) error {
	v.out.Counts.Errors++
	if len(v.out.Errors) < shownErrors {
		if v.bytes += size(e.Cells); v.bytes > shownBytes {
			e.Cells = nil
		}
		v.out.Errors = append(v.out.Errors, e)
	}
	return nil
}

func size(texts []string) int {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	return n
}

// Errors visits all lines in error with their cells: layout comes first. After the import it visits those that it left.
// Errors: those of Preview, and of visit.
func (s *Service) Errors(ctx context.Context, h *store.Handle, id string, layout func(contactfile.Layout) error, visit func(contactfile.LineError) error) error {
	i, err := s.Import(ctx, h, id)
	if err != nil {
		return err
	}
	p, err := s.begin(ctx, h, i)
	if err != nil {
		return err
	}
	if err := layout(p.layout); err != nil {
		return err
	}
	return p.each(ctx, 0, func(Planned) error { return nil }, visit)
}

// sorted lists the groups of a batch in the order of their names.
func sorted(groups map[string]directory.Group) []directory.Group {
	all := make([]directory.Group, 0, len(groups))
	for _, g := range groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b directory.Group) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}
