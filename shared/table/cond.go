package table

// CondOp says what a condition asks.
type CondOp uint8

// The kinds of conditions. The zero CondOp always holds.
const (
	CondAbsent CondOp = iota + 1 // no such attribute; with an empty Attr: no such item
	CondPresent
	CondEquals
	CondLess
	CondIn
	CondAnd
	CondOr
	CondNot
)

// Cond is a condition on the item as it is before the write; made by the constructors below. A comparison with a
// missing attribute, or one of another kind, does not hold (so Not of it does).
type Cond struct {
	Op     CondOp
	Attr   string
	Values []Value // one for CondEquals and CondLess, 1 to 100 for CondIn
	Conds  []Cond  // CondAnd, CondOr; one for CondNot
}

// ItemAbsent holds when there is no item, ItemPresent when there is one.
func ItemAbsent() Cond  { return Cond{Op: CondAbsent} }
func ItemPresent() Cond { return Cond{Op: CondPresent} }

// Absent holds when the item lacks the attribute (or does not exist), Present when it has it.
func Absent(attr string) Cond  { return Cond{Op: CondAbsent, Attr: attr} }
func Present(attr string) Cond { return Cond{Op: CondPresent, Attr: attr} }

// Equals holds when the attribute has that value and kind.
func Equals(attr string, v Value) Cond {
	return Cond{Op: CondEquals, Attr: attr, Values: []Value{v}}
}

// Less holds when the attribute is a text, number or bytes of v's kind and below it.
func Less(attr string, v Value) Cond {
	return Cond{Op: CondLess, Attr: attr, Values: []Value{v}}
}

// In holds when the attribute equals one of the values.
func In(attr string, vs ...Value) Cond { return Cond{Op: CondIn, Attr: attr, Values: vs} }

// And holds when all do; And() always holds. Zero conditions are left out.
func And(conds ...Cond) Cond {
	var kept []Cond
	for _, c := range conds {
		if c.Op != 0 {
			kept = append(kept, c)
		}
	}
	switch len(kept) {
	case 0:
		return Cond{}
	case 1:
		return kept[0]
	}
	return Cond{Op: CondAnd, Conds: kept}
}

// Or holds when one does.
func Or(conds ...Cond) Cond { return Cond{Op: CondOr, Conds: conds} }

// Not holds when c does not.
func Not(c Cond) Cond { return Cond{Op: CondNot, Conds: []Cond{c}} }
