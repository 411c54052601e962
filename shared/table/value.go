package table

import "strconv"

// Kind is the kind of a value.
type Kind uint8

// The kinds of values; the zero Kind is « no value ».
const (
	KindText Kind = iota + 1
	KindInt
	KindBool
	KindBytes
)

// Value is a text, a whole number, a yes-or-no or bytes. Values compare with ==. The zero Value is no value and is
// refused by every write.
type Value struct {
	kind Kind
	text string // KindText, KindBytes
	n    int64  // KindInt; 0 or 1 for KindBool
}

// Text, Int, Bool and Bytes make values.
func Text(s string) Value  { return Value{kind: KindText, text: s} }
func Int(n int64) Value    { return Value{kind: KindInt, n: n} }
func Bytes(b []byte) Value { return Value{kind: KindBytes, text: string(b)} }
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.n = 1
	}
	return v
}

// Kind tells what the value is.
func (v Value) Kind() Kind { return v.kind }

// Text returns the text, or "" when the value is of another kind.
func (v Value) Text() string {
	if v.kind != KindText {
		return ""
	}
	return v.text
}

// Int returns the number, or 0 when the value is of another kind.
func (v Value) Int() int64 {
	if v.kind != KindInt {
		return 0
	}
	return v.n
}

// Bool returns the truth value, or false when the value is of another kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.n == 1 }

// Bytes returns a copy of the bytes, or nil when the value is of another kind.
func (v Value) Bytes() []byte {
	if v.kind != KindBytes {
		return nil
	}
	return []byte(v.text)
}

// size is what DynamoDB counts for the value.
func (v Value) size() int {
	switch v.kind {
	case KindText, KindBytes:
		return len(v.text)
	case KindInt:
		return len(strconv.FormatInt(v.n, 10))/2 + 2
	default:
		return 1
	}
}

// Size is what DynamoDB counts for the item, in bytes: names and values of its keys and attributes.
func (i Item) Size() int {
	size := len("pk") + len(i.Key.Partition) + len("sk") + len(i.Key.Sort)
	for name, v := range i.Attrs {
		size += len(name) + v.size()
	}
	return size
}
