package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"convoc/shared/convocation"
	"convoc/shared/table"
)

// enteredAttr names the attribute of one person in the register: « p_prs_… ».
const enteredAttr = "p_"

// Register reads who comes to a meeting; the zero register when nobody has answered.
func (h *Handle) Register(ctx context.Context, c convocation.ID) (convocation.Register, error) {
	item, err := h.data.Get(ctx, registerKey(h.ID, c))
	if errors.Is(err, table.ErrNotFound) {
		return convocation.Register{}, nil
	}
	if err != nil {
		return convocation.Register{}, err
	}
	r := convocation.Register{Revision: item.Attrs.Int("revision"), Entries: map[convocation.PersonID]convocation.Entered{}}
	for name := range item.Attrs {
		if id, found := strings.CutPrefix(name, enteredAttr); found {
			r.Entries[convocation.PersonID(id)] = enteredOf(item.Attrs.Text(name))
		}
	}
	return r, nil
}

// enteredValue is « presence|holder|ms|withdrawn ».
func enteredValue(e convocation.Entered) table.Value {
	at := strconv.FormatInt(e.At.UnixMilli(), 10)
	return table.Text(strings.Join([]string{string(e.Presence), string(e.Holder), at, string(e.Withdrawn)}, "|"))
}

func enteredOf(s string) convocation.Entered {
	parts := strings.Split(s, "|")
	if len(parts) != 4 {
		panic("store: register entry of " + strconv.Itoa(len(parts)) + " parts, written by us")
	}
	ms, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		panic("store: register entry: " + err.Error())
	}
	return convocation.Entered{
		Presence: convocation.Presence(parts[0]), Holder: convocation.PersonID(parts[1]),
		At: time.UnixMilli(ms).UTC(), Withdrawn: convocation.PersonID(parts[3]),
	}
}

// enter is the write that makes next of the register as it was read: the entries that differ.
func (h *Handle) enter(c convocation.ID, was, next convocation.Register) table.Write {
	changes := []table.Change{
		table.Set("v", table.Int(version)), table.Set("revision", table.Int(next.Revision)),
	}
	for id, e := range next.Entries {
		if was.Entries[id] != e {
			changes = append(changes, table.Set(enteredAttr+string(id), enteredValue(e)))
		}
	}
	same := table.Absent("revision")
	if was.Revision > 0 {
		same = table.Equals("revision", table.Int(was.Revision))
	}
	return table.Update(registerKey(h.ID, c), changes, same)
}
