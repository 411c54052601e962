package store

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/journal"
	"convoc/shared/law"
	"convoc/shared/table"
)

// What the head of a convocation holds as JSON in one attribute each.

type storedMeeting struct {
	Assembly    storedAssembly `json:"assembly"`
	Occasion    string         `json:"occasion,omitempty"`
	At          int64          `json:"at,omitempty"` // ms since 1970 UTC; 0: not known
	Place       string         `json:"place,omitempty"`
	Agenda      []string       `json:"agenda,omitempty"`
	Signatory   string         `json:"signatory,omitempty"`
	Remote      bool           `json:"remote,omitempty"`
	Substitutes bool           `json:"substitutes,omitempty"`
	Urgent      string         `json:"urgent,omitempty"`
}

type storedAssembly struct {
	ID        string `json:"id"`
	Version   int64  `json:"version"`
	Name      string `json:"name"`
	Body      string `json:"body"`
	Members   int    `json:"members"`
	Group     string `json:"group,omitempty"`
	ClearDays int    `json:"clear_days,omitempty"`
	Proxies   int    `json:"proxies,omitempty"`
	Place     string `json:"place,omitempty"`
	Signatory string `json:"signatory,omitempty"`
}

type storedCouncillor struct {
	ID         string                    `json:"id"`
	Name       string                    `json:"name"`
	Recipients []convocation.RecipientID `json:"recipients"`
}

// jsonValue writes a list; an empty one is no attribute.
func jsonValue[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	return mustJSON(list)
}

func mustJSON(v any) string {
	var raw strings.Builder
	lines := json.NewEncoder(&raw)
	lines.SetEscapeHTML(false) // no browser reads it, and « & » would take six bytes instead of one
	if err := lines.Encode(v); err != nil {
		panic(err) // texts and numbers only: cannot fail
	}
	return strings.TrimSuffix(raw.String(), "\n")
}

// valueOf reads what jsonValue wrote; nothing is the zero value.
func valueOf[T any](raw string) T {
	var v T
	if raw != "" {
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			panic("store: written by us: " + err.Error())
		}
	}
	return v
}

func meetingValue(m convocation.Meeting) string {
	s := storedMeeting{
		Assembly: assemblyValue(m.Assembly), Occasion: string(m.Occasion), Place: m.Place, Agenda: m.Agenda,
		Signatory: m.Signatory, Remote: m.Remote, Substitutes: m.Substitutes, Urgent: m.Urgent,
	}
	if !m.At.IsZero() {
		s.At = m.At.UnixMilli()
	}
	return mustJSON(s)
}

func meetingOf(raw string) *convocation.Meeting {
	if raw == "" {
		return nil
	}
	s := valueOf[storedMeeting](raw)
	m := convocation.Meeting{
		Assembly: assemblyOf(s.Assembly), Occasion: law.Occasion(s.Occasion), Place: s.Place, Agenda: s.Agenda,
		Signatory: s.Signatory, Remote: s.Remote, Substitutes: s.Substitutes, Urgent: s.Urgent,
	}
	if s.At != 0 {
		m.At = time.UnixMilli(s.At).UTC()
	}
	return &m
}

func assemblyValue(a convocation.Assembly) storedAssembly {
	return storedAssembly{
		string(a.ID), a.Version, a.Name, string(a.Body), a.Members, string(a.Group), a.ClearDays, a.ProxiesPerHolder, a.Place,
		a.Signatory,
	}
}

func assemblyOf(s storedAssembly) convocation.Assembly {
	return convocation.Assembly{
		ID: convocation.AssemblyID(s.ID), Version: s.Version, Name: s.Name, Body: law.Body(s.Body), Members: s.Members,
		Group: directory.GroupID(s.Group), ClearDays: s.ClearDays, ProxiesPerHolder: s.Proxies, Place: s.Place,
		Signatory: s.Signatory,
	}
}

// maxCouncillors is how many bytes the councillors may take: convocation.MaxMembers of them, with names of 90 bytes.
const maxCouncillors = 96 << 10

// councillorsValue writes the councillors. Names that are too long together are cut: each is whole in the recipients.
func councillorsValue(list []convocation.Councillor) string {
	value := jsonValue(seated(list, math.MaxInt))
	for longest := 200; len(value) > maxCouncillors && longest > 0; longest -= 10 {
		value = jsonValue(seated(list, longest))
	}
	return value
}

// seated are the councillors with names of so many bytes at most.
func seated(list []convocation.Councillor, longest int) []storedCouncillor {
	out := make([]storedCouncillor, len(list))
	for i, c := range list {
		if len(c.Name) > longest {
			c.Name = strings.ToValidUTF8(c.Name[:longest], "")
		}
		out[i] = storedCouncillor{string(c.ID), c.Name, c.Recipients}
	}
	return out
}

func councillorsOf(list []storedCouncillor) []convocation.Councillor {
	var out []convocation.Councillor
	for _, c := range list {
		out = append(out, convocation.Councillor{ID: convocation.PersonID(c.ID), Name: c.Name, Recipients: c.Recipients})
	}
	return out
}

// Assemblies lists the assemblies of the collectivité, in the order of their identifiers.
func (h *Handle) Assemblies(ctx context.Context) ([]convocation.Assembly, error) {
	var list []convocation.Assembly
	q := table.Query{Partition: settingsPartition(h.ID), Prefix: prefix("assembly")}
	err := each(ctx, h.data, q, func(i table.Item) bool {
		list = append(list, assemblyOf(valueOf[storedAssembly](i.Attrs.Text("assembly"))))
		return true
	})
	return list, err
}

// Assembly reads one. Errors: table.ErrNotFound.
func (h *Handle) Assembly(ctx context.Context, id convocation.AssemblyID) (convocation.Assembly, error) {
	item, err := h.data.Get(ctx, assemblyKey(h.ID, id))
	if err != nil {
		return convocation.Assembly{}, err
	}
	return assemblyOf(valueOf[storedAssembly](item.Attrs.Text("assembly"))), nil
}

// SaveAssembly writes an assembly, new (Version 1) or changed (one above the version it was read at), with its event.
// Errors: table.ErrCondition when it changed meanwhile, or is there already.
func (h *Handle) SaveAssembly(ctx context.Context, as convocation.Assembly, e journal.Event) error {
	a := newAttrs()
	a.int("version", as.Version)
	a.text("assembly", mustJSON(assemblyValue(as)))
	was := table.ItemAbsent()
	if as.Version > 1 {
		was = table.Equals("version", table.Int(as.Version-1))
	}
	return h.data.Transact(ctx, table.Put(assemblyKey(h.ID, as.ID), a.Attrs, was), h.event(e))
}

// DeleteAssembly removes an assembly; convocations keep their copy. One that is gone already is no error.
func (h *Handle) DeleteAssembly(ctx context.Context, id convocation.AssemblyID, e journal.Event) error {
	err := h.data.Transact(ctx, table.Delete(assemblyKey(h.ID, id), table.ItemPresent()), h.event(e))
	if isCondition(err) {
		return nil
	}
	return err
}
