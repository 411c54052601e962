package web

import (
	"cmp"
	"slices"

	"convoc/shared/contactfile"
	"convoc/shared/csvimport"
)

type importCounts struct {
	Contacts  int `json:"contacts"`
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Merged    int `json:"merged"`
	Errors    int `json:"errors"`
	Confirm   int `json:"confirm"` // questions without an answer
	Out       int `json:"out"`     // lines left out
	Paper     int `json:"paper"`   // who would get no mail
}

type importContact struct {
	Line    int            `json:"line"`
	Address string         `json:"address"`
	Name    string         `json:"name"`
	Groups  []string       `json:"groups"`
	State   string         `json:"state"`
	Changes []importChange `json:"changes"`
}

type importChange struct {
	Field  string `json:"field"`
	Before string `json:"before"` // lists: one entry a line
	After  string `json:"after"`
}

type importError struct {
	Line       int      `json:"line"`
	Code       string   `json:"code"`
	Message    string   `json:"message"`
	Column     int      `json:"column"`     // from 0; -1: none
	Suggestion string   `json:"suggestion"` // for its cell; empty: none
	Cells      []string `json:"cells"`
}

type importQuestion struct {
	Line     int    `json:"line"`
	Address  string `json:"address"`
	Name     string `json:"name"`
	Other    string `json:"other"`
	Decision string `json:"decision"`
}

type importDoubt struct {
	Line    int      `json:"line"`
	Address string   `json:"address"`
	Name    string   `json:"name"`
	Better  string   `json:"better"`
	Column  int      `json:"column"` // of the address, from 0
	Cells   []string `json:"cells"`
}

type importColumn struct {
	Title  string   `json:"title"`
	Role   string   `json:"role"`
	Sample []string `json:"sample"`
}

type importGroup struct {
	Name    string `json:"name"`
	Refused bool   `json:"refused"`
}

// chosenLine is what was chosen for a line that was corrected or left out.
type chosenLine struct {
	Line  int      `json:"line"`
	Cells []string `json:"cells"`
	Out   bool     `json:"out"`
}

type previewAnswer struct {
	Name      string           `json:"name"`
	Encoding  string           `json:"encoding"`
	Separator string           `json:"separator"`
	Sheets    []string         `json:"sheets"` // of a workbook
	Sheet     string           `json:"sheet"`
	Header    bool             `json:"header"`
	Columns   []importColumn   `json:"columns"`
	Warnings  []string         `json:"warnings"` // in French
	Chosen    choicesRequest   `json:"chosen"`
	Corrected []chosenLine     `json:"corrected"`
	Counts    importCounts     `json:"counts"`
	Groups    []importGroup    `json:"groups_created"`
	Contacts  []importContact  `json:"contacts"` // the first ones of each state
	Errors    []importError    `json:"errors"`   // the first ones
	Confirm   []importQuestion `json:"confirm"`
	Doubts    []importDoubt    `json:"doubts"`
}

func previewOut(p csvimport.Preview) previewAnswer {
	n, l := p.Counts, p.Layout
	out := previewAnswer{
		Name: p.Import.Name, Encoding: l.Encoding, Separator: l.Separator, Sheets: append([]string{}, l.Sheets...), Sheet: l.Sheet,
		Header: l.Header, Columns: []importColumn{}, Warnings: []string{}, Chosen: chosenOut(p), Corrected: []chosenLine{},
		Counts: importCounts{n.Total(), n.New, n.Changed, n.Unchanged, n.Merged, n.Errors, n.Asked, n.Out, n.Paper},
		Groups: []importGroup{}, Contacts: []importContact{}, Errors: []importError{}, Confirm: []importQuestion{}, Doubts: []importDoubt{},
	}
	for _, c := range l.Columns {
		out.Columns = append(out.Columns, importColumn{c.Title, string(c.Role), append([]string{}, c.Sample...)})
	}
	for _, code := range l.Warnings {
		out.Warnings = append(out.Warnings, SayWarning(code))
	}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, importGroup(g))
	}
	for _, c := range p.Contacts {
		out.Contacts = append(out.Contacts, contactShown(c))
	}
	for _, e := range p.Errors {
		out.Errors = append(out.Errors, errorOut(e))
	}
	for line, c := range p.Chosen {
		if c.Out || len(c.Cells) > 0 {
			out.Corrected = append(out.Corrected, chosenLine{line, append([]string{}, c.Cells...), c.Out})
		}
	}
	slices.SortFunc(out.Corrected, func(a, b chosenLine) int { return cmp.Compare(a.Line, b.Line) })
	for _, q := range p.Questions {
		decision := p.Chosen[q.Line].Decision
		out.Confirm = append(out.Confirm, importQuestion{q.Line, string(q.Address), q.Name, q.Other, decision})
	}
	for _, d := range p.Doubts {
		out.Doubts = append(out.Doubts, importDoubt{d.Line, string(d.Address), d.Name, d.Doubt, d.Column, append([]string{}, d.Cells...)})
	}
	return out
}

func contactShown(c csvimport.Shown) importContact {
	out := importContact{c.Line, string(c.Address), c.Name, append([]string{}, c.Groups...), string(c.State), []importChange{}}
	for _, ch := range c.Changes {
		out.Changes = append(out.Changes, importChange(ch))
	}
	return out
}

func errorOut(e contactfile.LineError) importError {
	return importError{e.Line, e.Code, SayLine(e.Code), e.Column, e.Suggestion, append([]string{}, e.Cells...)}
}

// chosenOut gives back the choices for the file, as the page sends them.
func chosenOut(p csvimport.Preview) choicesRequest {
	c := p.Import.Choices
	return choicesRequest{
		c.Encoding, c.Separator, c.Sheet, c.Header, append([]string{}, c.Columns...), c.WithoutAddress, c.Replace,
		append([]string{}, c.Refused...), []lineChoice{},
	}
}
