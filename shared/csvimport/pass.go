package csvimport

import (
	"context"
	"errors"
	"hash/maphash"
	"io"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
	"convoc/shared/files"
	"convoc/shared/store"
	"convoc/shared/table"
)

// Planned is a contact of the file with what would become of it.
type Planned struct {
	contactfile.Contact
	State   State
	OtherID directory.ContactID // whose name Other is, when it stands in the directory and not in the file
	Doubt   string              // what the address may be meant to be; empty: no doubt
	Cells   []string            // of the row, as they stand in the file
	Column  int                 // of the address in doubt, from 0

	id            directory.ContactID // that it becomes; empty while that is asked
	before, after person              // before is zero for a new one
}

// pass is one look at the file and the directory.
type pass struct {
	*Service
	h      *store.Handle
	i      store.Import
	chosen map[int]store.ImportLine
	layout contactfile.Layout

	rows, merged int // number of the last row; rows that completed an earlier one
	completions  map[int][]contactfile.Contact
	awaited      map[int]bool                     // lines that later ones are asked about
	holders      map[string][]contactfile.Contact // likeness → rows, of whom others are substitutes
	mentions     mentions

	names   map[directory.GroupID]string
	groups  map[string]directory.GroupID // folded name → of the directory
	refused map[string]bool              // folded
	known   *known

	becomes   map[int]directory.ContactID // of the lines that are awaited
	questions int
}

// begin reads what lines have to do with each other, and whom they mention. Errors: errs.ErrNotFound, ErrNotArrived, those of
// [contactfile.Open].
func (s *Service) begin(ctx context.Context, h *store.Handle, i store.Import) (*pass, error) {
	p := &pass{
		Service: s, h: h, i: i, chosen: map[int]store.ImportLine{}, completions: map[int][]contactfile.Contact{}, awaited: map[int]bool{},
		holders: map[string][]contactfile.Contact{}, mentions: mentions{seed: maphash.MakeSeed(), likes: map[string]bool{}},
	}
	lines, err := h.ImportLines(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		p.chosen[l.Line] = l
	}
	if err := p.survey(ctx); err != nil {
		return nil, err
	}
	return p, p.refresh(ctx)
}

// refresh reads the directory as it is now.
func (p *pass) refresh(ctx context.Context) (err error) {
	p.names, p.groups, p.refused = map[directory.GroupID]string{}, map[string]directory.GroupID{}, map[string]bool{}
	p.becomes, p.questions = map[int]directory.ContactID{}, 0
	groups, err := p.h.Groups(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		p.names[g.ID], p.groups[directory.Fold(g.Name)] = g.Name, g.ID
	}
	for _, name := range p.i.Choices.Refused {
		p.refused[directory.Fold(name)] = true
	}
	p.known, err = look(ctx, p.h, p.mentions)
	return err
}

// source opens the file.
func (p *pass) source(ctx context.Context) contactfile.Source {
	shelf := p.Files.For(p.h.ID)
	return func() (io.ReadCloser, error) { return shelf.Open(ctx, files.Key(p.i.Key)) }
}

// read visits the rows of the file, with their cells where these are wanted.
func (p *pass) read(ctx context.Context, cells bool, visit func(*contactfile.Line) error) (err error) {
	o := options(p.i, p.chosen)
	o.Workbooks, o.KeepCells = p.Workbooks, cells
	r, err := contactfile.Open(p.source(ctx), o)
	if errors.Is(err, files.ErrNotFound) {
		return ErrNotArrived
	}
	if err != nil {
		return err
	}
	defer func() {
		if closed := r.Close(); err == nil {
			err = closed
		}
	}()
	p.layout = r.Layout()
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(line); err != nil {
			return err
		}
	}
}

// survey reads the file once, and once more where some are substitutes of others.
func (p *pass) survey(ctx context.Context) error {
	holders := map[string]bool{}
	err := p.read(ctx, false, func(l *contactfile.Line) error {
		p.rows = l.Number
		if l.Code != "" {
			return nil
		}
		c := l.Contact
		if l.Into != 0 {
			p.completions[l.Into] = append(p.completions[l.Into], c)
			p.merged++
		}
		if c.OtherLine != 0 {
			p.awaited[c.OtherLine] = true
		}
		p.mentions.add(c.Address)
		p.mentions.add(c.Second)
		if c.Address == "" {
			p.mentions.likes[of(c).Likeness()] = true
		}
		if c.SubstituteOf != "" {
			holders[directory.Contact{Name: c.SubstituteOf}.Likeness()] = true
		}
		return nil
	})
	p.mentions.sort()
	if err != nil || len(holders) == 0 {
		return err
	}
	for like := range holders {
		p.mentions.likes[like] = true
	}
	return p.read(ctx, false, func(l *contactfile.Line) error {
		if like := of(l.Contact).Likeness(); l.Code == "" && l.Into == 0 && holders[like] {
			p.holders[like] = append(p.holders[like], l.Contact)
		}
		return nil
	})
}

// each plans the rows after a line. An error of a row is given to fault, and it is left.
func (p *pass) each(ctx context.Context, after int, visit func(Planned) error, fault func(contactfile.LineError) error) error {
	full := map[int]bool{} // rows that would put an earlier one into too many groups
	return p.read(ctx, true, func(l *contactfile.Line) error {
		done := l.Number <= after
		e := contactfile.LineError{Line: l.Number, Code: l.Code, Column: l.Column, Suggestion: l.Suggestion, Cells: l.Cells}
		var planned Planned
		switch {
		case done && !p.awaited[l.Number]:
			return nil
		case full[l.Number]:
			e.Code = contactfile.LineTooManyGroups
		case l.Into != 0:
			return nil
		case l.Code == "":
			c := l.Contact
			for _, more := range p.completions[l.Number] {
				full[more.Line] = !c.Merge(more)
			}
			var err error
			if planned, e.Code, err = p.plan(ctx, c); err != nil {
				return err
			}
			planned.Doubt, planned.Cells, planned.Column, e.Column = l.Suggestion, l.Cells, l.Column, -1
		}
		switch {
		case done:
			return nil
		case e.Code != "":
			return fault(e)
		}
		return visit(planned)
	})
}

// plan says what becomes of a row; code is why nothing can.
func (p *pass) plan(ctx context.Context, c contactfile.Contact) (planned Planned, code string, err error) {
	planned = Planned{Contact: c, State: New}
	if code = p.who(&planned); code != "" || planned.State == Ask {
		return planned, code, nil
	}
	if old := p.known.persons[planned.id]; old != nil {
		planned.before, planned.State = *old, Unchanged
	}
	holder, code, err := p.holder(ctx, planned)
	if err != nil || code != "" {
		return planned, code, err
	}
	planned.after, code = completed(planned.before, c, holder, p.joins(c), p.i.Choices.Replace)
	if code != "" {
		return planned, code, nil
	}
	planned.after.ID = planned.id
	if planned.State == Unchanged && !same(planned.before, planned.after) {
		planned.State = Changed
	}
	if p.awaited[c.Line] {
		p.becomes[c.Line] = planned.id
	}
	if planned.State == Changed || planned.State == New && p.awaited[c.Line] {
		after := planned.after // is what later rows meet
		p.known.persons[planned.id] = &after
	}
	return planned, "", nil
}

// who decides which contact a row becomes, or that it is asked.
func (p *pass) who(planned *Planned) (code string) {
	c := planned.Contact
	own := contactID(p.i.ID, c.Line)
	found, other := p.known.find(own, c)
	switch {
	case found != nil:
		planned.id, planned.Other = found.ID, ""
		return ""
	case c.Other == "" && other == nil:
		planned.id = own
		return ""
	case c.Other == "":
		planned.Other, planned.OtherID = other.Display(), other.ID
	}
	decision := Decision(p.chosen[c.Line].Decision)
	p.questions++
	switch {
	case decision == SamePerson && planned.OtherID != "":
		planned.id = planned.OtherID
	case decision == SamePerson && p.becomes[c.OtherLine] != "":
		planned.id = p.becomes[c.OtherLine]
	case decision == SamePerson || decision == OtherPerson:
		planned.id = own
	case !p.i.BegunAt.IsZero() && p.questions <= MaxQuestions:
		return LineLateQuestion
	case p.questions > MaxQuestions:
		return LineManyQuestions
	default:
		planned.State = Ask
	}
	return ""
}

// joins are the groups that a row names, less those that are refused.
func (p *pass) joins(c contactfile.Contact) []directory.GroupID {
	var all []directory.GroupID
	for _, name := range c.Groups {
		folded := directory.Fold(name)
		id, there := p.groups[folded]
		switch {
		case there:
			all = append(all, id)
		case !p.refused[folded]:
			all = append(all, groupID(p.i.ID, name))
		}
	}
	return all
}

// holder finds whose substitute a row is: the only one of that name in the directory and the file.
func (p *pass) holder(ctx context.Context, planned Planned) (id directory.ContactID, code string, err error) {
	name := planned.SubstituteOf
	if name == "" {
		return "", "", nil
	}
	if now := planned.before.SubstituteOf; now != "" {
		c, err := p.h.Contact(ctx, now)
		if err != nil && !errors.Is(err, table.ErrNotFound) {
			return "", "", err
		}
		if err == nil && c.Display() == name {
			return now, "", nil
		}
	}
	like := directory.Contact{Name: name}.Likeness()
	all := map[directory.ContactID]bool{}
	for _, c := range p.known.like[like] {
		all[c] = true
	}
	for _, c := range p.holders[like] {
		row := Planned{Contact: c, State: New}
		asked := p.questions
		code := p.who(&row)
		p.questions = asked
		if code == "" && row.id != "" {
			all[row.id] = true
		}
	}
	delete(all, planned.id)
	for id = range all {
	}
	switch len(all) {
	case 0:
		return "", LineSubstituteUnknown, nil
	case 1:
		return id, "", nil
	}
	return "", LineSubstituteSeveral, nil
}
