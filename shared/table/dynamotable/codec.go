package dynamotable

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"convoc/shared/table"
)

func keyOf(k table.Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: k.Partition}, "sk": &types.AttributeValueMemberS{Value: k.Sort},
	}
}

func attribute(v table.Value) types.AttributeValue {
	switch v.Kind() {
	case table.KindText:
		return &types.AttributeValueMemberS{Value: v.Text()}
	case table.KindInt:
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(v.Int(), 10)}
	case table.KindBool:
		return &types.AttributeValueMemberBOOL{Value: v.Bool()}
	default:
		return &types.AttributeValueMemberB{Value: v.Bytes()}
	}
}

func attributes(i table.Item) map[string]types.AttributeValue {
	raw := keyOf(i.Key)
	for name, v := range i.Attrs {
		raw[name] = attribute(v)
	}
	return raw
}

// text reads a text attribute; "" when it is none.
func text(v types.AttributeValue) string {
	s, ok := v.(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return s.Value
}

// itemOf reads an item back. An attribute that this package cannot have written is an error.
func itemOf(raw map[string]types.AttributeValue) (table.Item, error) {
	item := table.Item{
		Key: table.Key{Partition: text(raw["pk"]), Sort: text(raw["sk"])}, Attrs: make(table.Attrs, len(raw)),
	}
	for name, v := range raw {
		if name == "pk" || name == "sk" {
			continue
		}
		value, err := valueOf(v)
		if err != nil {
			return table.Item{}, fmt.Errorf("attribute %q: %w", name, err)
		}
		item.Attrs[name] = value
	}
	return item, nil
}

func valueOf(v types.AttributeValue) (table.Value, error) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return table.Text(v.Value), nil
	case *types.AttributeValueMemberN:
		n, err := strconv.ParseInt(v.Value, 10, 64)
		return table.Int(n), err
	case *types.AttributeValueMemberBOOL:
		return table.Bool(v.Value), nil
	case *types.AttributeValueMemberB:
		return table.Bytes(v.Value), nil
	default:
		return table.Value{}, fmt.Errorf("%T is not of this algebra", v)
	}
}
