package bolttable

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"convoc/shared/table"
)

// An item is a version byte (1), then for each attribute in the order of names: the name (uvarint length, bytes), its
// kind (one byte), its value (text and bytes: uvarint length, bytes; int: varint; bool: one byte).

const codecVersion = 1

var errCodec = errors.New("bolttable: damaged item")

func encode(a table.Attrs) []byte {
	raw := []byte{codecVersion}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		raw = appendText(raw, name)
		v := a[name]
		raw = append(raw, byte(v.Kind()))
		switch v.Kind() {
		case table.KindText:
			raw = appendText(raw, v.Text())
		case table.KindBytes:
			raw = appendText(raw, string(v.Bytes()))
		case table.KindInt:
			raw = binary.AppendVarint(raw, v.Int())
		case table.KindBool:
			b := byte(0)
			if v.Bool() {
				b = 1
			}
			raw = append(raw, b)
		}
	}
	return raw
}

func appendText(raw []byte, s string) []byte {
	return append(binary.AppendUvarint(raw, uint64(len(s))), s...)
}

func decode(raw []byte) (table.Attrs, error) {
	if len(raw) == 0 || raw[0] != codecVersion {
		return nil, errCodec
	}
	a := table.Attrs{}
	for rest := raw[1:]; len(rest) > 0; {
		name, tail, err := cutText(rest)
		if err != nil || len(tail) == 0 {
			return nil, errCodec
		}
		a[name], rest, err = cutValue(table.Kind(tail[0]), tail[1:])
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

func cutValue(kind table.Kind, raw []byte) (table.Value, []byte, error) {
	switch kind {
	case table.KindText, table.KindBytes:
		s, rest, err := cutText(raw)
		if kind == table.KindText {
			return table.Text(s), rest, err
		}
		return table.Bytes([]byte(s)), rest, err
	case table.KindInt:
		n, size := binary.Varint(raw)
		if size <= 0 {
			return table.Value{}, nil, errCodec
		}
		return table.Int(n), raw[size:], nil
	case table.KindBool:
		if len(raw) == 0 {
			return table.Value{}, nil, errCodec
		}
		return table.Bool(raw[0] == 1), raw[1:], nil
	}
	return table.Value{}, nil, errCodec
}

func cutText(raw []byte) (string, []byte, error) {
	n, size := binary.Uvarint(raw)
	if size <= 0 || n > uint64(len(raw)-size) {
		return "", nil, errCodec
	}
	return string(raw[size : size+int(n)]), raw[size+int(n):], nil
}
