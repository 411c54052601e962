package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"convoc/shared/directory"
	"convoc/shared/table"
)

// ContactState is a state that few contacts have: who has it is found by an item of its own.
type ContactState string

// The states.
const (
	Inactive ContactState = "inactive"
	NoMail   ContactState = "no_mail"
	Paper    ContactState = "paper"
)

func statesOf(c directory.Contact) []ContactState {
	var states []ContactState
	if c.Inactive {
		states = append(states, Inactive)
	}
	if len(c.Addresses) == 0 {
		states = append(states, NoMail)
	}
	if c.Paper {
		states = append(states, Paper)
	}
	return states
}

// Row is what the indexes say of a contact: enough to filter and to sort a list without reading its contacts.
type Row struct {
	ID         directory.ContactID
	Name       string // by which she is sorted, folded
	Rank       int
	Words      []string // that find her
	Groups     []directory.GroupID
	States     []ContactState
	Substitute bool   // of somebody
	At         string // her place in the index that is walked: walking goes on after it
}

// Has tells whether she has a state.
func (r Row) Has(s ContactState) bool { return slices.Contains(r.States, s) }

// rowAttrs are the attributes of the items that find a contact. Separators are no part of words, identifiers and states.
func rowAttrs(c directory.Contact, groups []directory.GroupID) table.Attrs {
	a := newAttrs()
	a.text("name", text(c.SortName()))
	a.int("rank", int64(c.Rank))
	a.text("words", strings.Join(indexed(c), " "))
	in := make([]string, len(groups))
	for i, g := range groups {
		in[i] = string(g)
	}
	slices.Sort(in)
	a.text("groups", strings.Join(in, " "))
	var states []string
	for _, s := range statesOf(c) {
		states = append(states, string(s))
	}
	a.text("states", strings.Join(states, " "))
	a.bool("substitute", c.SubstituteOf != "")
	return a.Attrs
}

func rowOf(i table.Item, prefix string) Row {
	_, id, _ := cutLast(i.Key.Sort)
	a := i.Attrs
	r := Row{
		ID: directory.ContactID(id), Name: a.Text("name"), Rank: int(a.Int("rank")), Words: strings.Fields(a.Text("words")),
		Substitute: a.Bool("substitute"), At: strings.TrimPrefix(i.Key.Sort, prefix),
	}
	for g := range strings.FieldsSeq(a.Text("groups")) {
		r.Groups = append(r.Groups, directory.GroupID(g))
	}
	for s := range strings.FieldsSeq(a.Text("states")) {
		r.States = append(r.States, ContactState(s))
	}
	return r
}

// indexed are the words of a contact by which it is found, each once as it stands in a key.
func indexed(c directory.Contact) []string {
	words := c.Words()
	for i := range words {
		words[i] = text(words[i])
	}
	words = slices.Compact(words) // sorted, and cut alike
	return words[:min(len(words), maxWords)]
}

// Index is a way through the contacts.
type Index struct{ prefix string }

// ByName goes through all of them in the order of their names, ByRank through those who have a rank in the order of ranks
// and names. The others are in no order that means anything: WithWord finds those who have a word beginning with the
// (folded) prefix, one of several such words several times.
var (
	ByName = Index{prefix("byname")}
	ByRank = Index{prefix("byrank")}
)

// WithWord, InGroup and InState: see ByName.
func WithWord(word string) Index        { return Index{strings.TrimSuffix(prefix("w", text(word)), "#")} }
func InGroup(g directory.GroupID) Index { return Index{prefix("member", string(g))} }
func InState(s ContactState) Index      { return Index{prefix("is", string(s))} }
func (r Row) Place() string             { return r.Name + "#" + string(r.ID) }
func (r Row) RankPlace() string         { return fmt.Sprintf("%04d#%s", r.Rank, r.Place()) }
func (i Index) after(place string) string {
	if place == "" {
		return ""
	}
	return i.prefix + place
}

// rowsPage is how many rows are asked for at a time: a page of a list takes one or a few.
const rowsPage = 250

// Rows visits an index after a place ([Row.At]; from the beginning when it is empty) until visit returns false.
func (h *Handle) Rows(ctx context.Context, in Index, after string, visit func(Row) bool) error {
	q := table.Query{Partition: directoryPartition(h.ID), Prefix: in.prefix, After: in.after(after), Limit: rowsPage}
	return each(ctx, h.data, q, func(i table.Item) bool { return visit(rowOf(i, in.prefix)) })
}

// Alike visits contacts so that those who may be one person follow each other, under the same what: by the words of their
// names first, then by their addresses. It goes on after a key that it gave, until visit returns false.
func (h *Handle) Alike(ctx context.Context, after string, visit func(what, key string, byAddress bool, id directory.ContactID) bool) error {
	names, addresses := prefix("like"), prefix("address")
	more := true
	walk := func(under string) error {
		q := table.Query{Partition: directoryPartition(h.ID), Prefix: under, Limit: rowsPage}
		if strings.HasPrefix(after, under) {
			q.After = after
		}
		return each(ctx, h.data, q, func(i table.Item) bool {
			what, id, _ := cutLast(i.Key.Sort)
			more = visit(what, i.Key.Sort, under == addresses, directory.ContactID(id))
			return more
		})
	}
	if !strings.HasPrefix(after, addresses) {
		if err := walk(names); err != nil || !more {
			return err
		}
	}
	return walk(addresses)
}
