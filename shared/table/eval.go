package table

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// The evaluator that bolttable and memtable share: what a request must be, whether a condition holds, what a write
// makes of an item. DynamoDB does the same on its side.

// CheckKey refuses a key that no engine could keep. Errors: [ErrInvalid].
func CheckKey(k Key) error {
	switch {
	case k.Partition == "" || k.Sort == "":
		return fmt.Errorf("%w: empty part of a key", ErrInvalid)
	case len(k.Partition) > MaxPartitionKey || len(k.Sort) > MaxSortKey:
		return fmt.Errorf("%w: key too long", ErrInvalid)
	case !utf8.ValidString(k.Partition) || !utf8.ValidString(k.Sort):
		return fmt.Errorf("%w: key is no text", ErrInvalid)
	}
	return nil
}

// CheckQuery refuses a query that no engine could answer. Errors: [ErrInvalid].
func CheckQuery(q Query) error {
	switch {
	case q.Partition == "":
		return fmt.Errorf("%w: query without a partition", ErrInvalid)
	case q.Prefix != "" && (q.From != "" || q.To != ""):
		return fmt.Errorf("%w: query by prefix and by range", ErrInvalid)
	case q.Limit < 0:
		return fmt.Errorf("%w: negative limit", ErrInvalid)
	}
	return nil
}

// CheckTransact refuses a transaction that no engine could run. Errors: [ErrInvalid].
func CheckTransact(writes []Write) error {
	if len(writes) == 0 || len(writes) > MaxTransact {
		return fmt.Errorf("%w: %d writes in a transaction", ErrInvalid, len(writes))
	}
	seen := make(map[Key]bool, len(writes))
	for _, w := range writes {
		if err := CheckWrite(w); err != nil {
			return err
		}
		if seen[w.Key] {
			return fmt.Errorf("%w: one key twice in a transaction", ErrInvalid)
		}
		seen[w.Key] = true
	}
	return nil
}

// CheckSingle refuses a write that no engine could apply on its own. Errors: [ErrInvalid].
func CheckSingle(w Write) error {
	if w.Op == OpCheck {
		return fmt.Errorf("%w: a check outside a transaction", ErrInvalid)
	}
	return CheckWrite(w)
}

// CheckBatch refuses a batch that no engine could run. Errors: [ErrInvalid].
func CheckBatch(writes []Write) error {
	if len(writes) == 0 || len(writes) > MaxBatch {
		return fmt.Errorf("%w: %d writes in a batch", ErrInvalid, len(writes))
	}
	for _, w := range writes {
		if w.Cond.Op != 0 || (w.Op != OpPut && w.Op != OpDelete) {
			return fmt.Errorf("%w: a batch takes unconditional puts and deletes", ErrInvalid)
		}
	}
	return CheckTransact(writes)
}

// CheckWrite refuses a write that no engine could apply. Errors: [ErrInvalid].
func CheckWrite(w Write) error {
	if err := CheckKey(w.Key); err != nil {
		return err
	}
	if err := checkCond(w.Cond, 0); err != nil {
		return err
	}
	switch w.Op {
	case OpPut:
		for name, v := range w.Attrs {
			if err := checkAttr(name, v); err != nil {
				return err
			}
		}
	case OpUpdate:
		return checkChanges(w.Changes)
	case OpDelete:
	case OpCheck:
		if w.Cond.Op == 0 {
			return fmt.Errorf("%w: a check without a condition", ErrInvalid)
		}
	default:
		return fmt.Errorf("%w: unknown kind of write", ErrInvalid)
	}
	return nil
}

func checkName(name string) error {
	if name == "" || name == "pk" || name == "sk" || len(name) > 255 {
		return fmt.Errorf("%w: attribute name", ErrInvalid)
	}
	return nil
}

func checkAttr(name string, v Value) error {
	if err := checkName(name); err != nil {
		return err
	}
	if v.kind == 0 || v.kind > KindBytes {
		return fmt.Errorf("%w: attribute %q has no value", ErrInvalid, name)
	}
	if v.kind == KindText && !utf8.ValidString(v.text) {
		return fmt.Errorf("%w: attribute %q is no text", ErrInvalid, name)
	}
	return nil
}

func checkChanges(changes []Change) error {
	if len(changes) == 0 {
		return fmt.Errorf("%w: an update without changes", ErrInvalid)
	}
	seen := make(map[string]bool, len(changes))
	for _, c := range changes {
		if seen[c.Attr] {
			return fmt.Errorf("%w: attribute %q changed twice", ErrInvalid, c.Attr)
		}
		seen[c.Attr] = true
		if c.Op == ChangeRemove {
			if err := checkName(c.Attr); err != nil {
				return err
			}
			continue
		}
		if c.Op < ChangeSet || c.Op > ChangeRemove {
			return fmt.Errorf("%w: unknown kind of change", ErrInvalid)
		}
		if err := checkAttr(c.Attr, c.Value); err != nil {
			return err
		}
	}
	return nil
}

// maxCondDepth bounds how deep conditions nest.
const maxCondDepth = 16

func checkCond(c Cond, depth int) error {
	if depth > maxCondDepth {
		return fmt.Errorf("%w: condition nested too deep", ErrInvalid)
	}
	want := map[CondOp][2]int{CondEquals: {1, 1}, CondLess: {1, 1}, CondIn: {1, 100}}[c.Op]
	switch c.Op {
	case 0, CondAbsent:
	case CondPresent:
	case CondEquals, CondLess, CondIn:
		if c.Attr == "" || len(c.Values) < want[0] || len(c.Values) > want[1] {
			return fmt.Errorf("%w: condition on %q", ErrInvalid, c.Attr)
		}
		for _, v := range c.Values {
			if err := checkAttr(c.Attr, v); err != nil {
				return err
			}
		}
		if c.Op == CondLess && c.Values[0].kind == KindBool {
			return fmt.Errorf("%w: less than a yes-or-no", ErrInvalid)
		}
	case CondAnd, CondOr, CondNot:
		if len(c.Conds) == 0 || (c.Op == CondNot && len(c.Conds) != 1) {
			return fmt.Errorf("%w: condition without parts", ErrInvalid)
		}
		for _, part := range c.Conds {
			if err := checkCond(part, depth+1); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%w: unknown kind of condition", ErrInvalid)
	}
	return nil
}

// Holds tells whether the condition holds on an item; exists says whether there is one.
func (c Cond) Holds(i Item, exists bool) bool {
	v, has := i.Attrs[c.Attr]
	switch c.Op {
	case 0:
		return true
	case CondAbsent:
		return !exists || (c.Attr != "" && !has)
	case CondPresent:
		return exists && (c.Attr == "" || has)
	case CondEquals, CondIn:
		return exists && has && slices.Contains(c.Values, v)
	case CondLess:
		return exists && has && less(v, c.Values[0])
	case CondAnd:
		return !slices.ContainsFunc(c.Conds, func(p Cond) bool { return !p.Holds(i, exists) })
	case CondOr:
		return slices.ContainsFunc(c.Conds, func(p Cond) bool { return p.Holds(i, exists) })
	default: // CondNot: checkCond let nothing else in
		return !c.Conds[0].Holds(i, exists)
	}
}

func less(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	if a.kind == KindInt {
		return a.n < b.n
	}
	return strings.Compare(a.text, b.text) < 0
}

// Apply gives the item that a write makes of what is there: the new item and whether there is one. It changes neither
// the write nor the old item. Errors: [ErrInvalid] (adding to what is no number, an overflow), [ErrTooLarge].
func (w Write) Apply(old Item, exists bool) (Item, bool, error) {
	var now Item
	switch w.Op {
	case OpDelete:
		return Item{}, false, nil
	case OpCheck:
		return old, exists, nil
	case OpPut:
		now = Item{Key: w.Key, Attrs: maps.Clone(w.Attrs)}
		if now.Attrs == nil {
			now.Attrs = Attrs{}
		}
	case OpUpdate:
		now = Item{Key: w.Key, Attrs: maps.Clone(old.Attrs)}
		if now.Attrs == nil {
			now.Attrs = Attrs{}
		}
		for _, c := range w.Changes {
			if err := c.apply(now.Attrs); err != nil {
				return Item{}, false, err
			}
		}
	}
	if now.Size() > MaxItemSize {
		return Item{}, false, ErrTooLarge
	}
	return now, true, nil
}

func (c Change) apply(a Attrs) error {
	v, has := a[c.Attr]
	switch c.Op {
	case ChangeSet:
		a[c.Attr] = c.Value
	case ChangeSetIfAbsent:
		if !has {
			a[c.Attr] = c.Value
		}
	case ChangeRemove:
		delete(a, c.Attr)
	case ChangeAdd:
		if has && v.kind != KindInt {
			return fmt.Errorf("%w: adding to attribute %q, which is no number", ErrInvalid, c.Attr)
		}
		n := c.Value.n
		if (n > 0 && v.n > math.MaxInt64-n) || (n < 0 && v.n < math.MinInt64-n) {
			return fmt.Errorf("%w: attribute %q overflows", ErrInvalid, c.Attr)
		}
		a[c.Attr] = Int(v.n + n)
	}
	return nil
}

// Clone copies an item, so that nobody shares its map.
func (i Item) Clone() Item {
	return Item{Key: i.Key, Attrs: maps.Clone(i.Attrs)}
}

// Result is what one write of a transaction comes to.
type Result struct {
	Key     Key
	Item    Item // as it now is; zero when there is none
	Exists  bool
	Changed bool // there is something to store or to remove
}

// Evaluate works out what the writes come to on what read finds; nothing is stored yet. All conditions are looked at
// before any write counts. Errors: [ErrCondition] with each old item, [ErrInvalid], [ErrTooLarge], those of read.
func Evaluate(writes []Write, read func(Key) (item Item, exists bool, err error)) ([]Result, error) {
	results := make([]Result, len(writes))
	var failed []Failure
	size := 0
	for i, w := range writes {
		old, exists, err := read(w.Key)
		if err != nil {
			return nil, err
		}
		if !w.Cond.Holds(old, exists) {
			failed = append(failed, Failure{Index: i, Old: old.Clone()})
			continue
		}
		now, there, err := w.Apply(old, exists)
		if err != nil {
			return nil, err
		}
		size += now.Size()
		results[i] = Result{Key: w.Key, Item: now, Exists: there, Changed: w.Op != OpCheck}
	}
	if len(failed) > 0 {
		return nil, &ConditionError{Failed: failed}
	}
	if len(writes) > 1 && size > MaxTransactSize {
		return nil, ErrTooLarge
	}
	return results, nil
}
