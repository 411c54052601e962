package dynamotable

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"convoc/shared/table"
)

// expression is what a write says beside its item. Every name stands behind a placeholder, so that no reserved word of
// DynamoDB can meet one of ours.
type expression struct {
	condition, update *string
	names             map[string]string
	values            map[string]types.AttributeValue
}

// compiler hands out the placeholders of one expression.
type compiler struct {
	places map[string]string // attribute → placeholder
	expression
}

// compile turns the condition and the changes of a checked write into expressions.
func compile(w table.Write) expression {
	c := compiler{places: map[string]string{}}
	if w.Cond.Op != 0 {
		c.condition = aws.String(c.cond(w.Cond))
	}
	if w.Op == table.OpUpdate {
		c.update = aws.String(c.changes(w.Changes))
	}
	return c.expression
}

// name gives the placeholder of an attribute; the empty name is the item itself, which has « pk » when it is there.
func (c *compiler) name(attr string) string {
	if attr == "" {
		attr = "pk"
	}
	if place, ok := c.places[attr]; ok {
		return place
	}
	if c.names == nil {
		c.names = map[string]string{}
	}
	place := "#" + strconv.Itoa(len(c.names))
	c.places[attr], c.names[place] = place, attr
	return place
}

func (c *compiler) value(v table.Value) string {
	if c.values == nil {
		c.values = map[string]types.AttributeValue{}
	}
	place := ":" + strconv.Itoa(len(c.values))
	c.values[place] = attribute(v)
	return place
}

func (c *compiler) cond(cond table.Cond) string {
	switch cond.Op {
	case table.CondAbsent:
		return "attribute_not_exists(" + c.name(cond.Attr) + ")"
	case table.CondPresent:
		return "attribute_exists(" + c.name(cond.Attr) + ")"
	case table.CondEquals:
		return c.name(cond.Attr) + " = " + c.value(cond.Values[0])
	case table.CondLess:
		return c.name(cond.Attr) + " < " + c.value(cond.Values[0])
	case table.CondIn:
		places := make([]string, len(cond.Values))
		for i, v := range cond.Values {
			places[i] = c.value(v)
		}
		return c.name(cond.Attr) + " IN (" + strings.Join(places, ", ") + ")"
	case table.CondAnd:
		return c.joined(cond.Conds, " AND ")
	case table.CondOr:
		return c.joined(cond.Conds, " OR ")
	default: // CondNot: table.CheckWrite let nothing else in
		return "(NOT " + c.cond(cond.Conds[0]) + ")"
	}
}

func (c *compiler) joined(conds []table.Cond, with string) string {
	parts := make([]string, len(conds))
	for i, part := range conds {
		parts[i] = c.cond(part)
	}
	return "(" + strings.Join(parts, with) + ")"
}

func (c *compiler) changes(changes []table.Change) string {
	clauses := map[string][]string{}
	for _, ch := range changes {
		name := c.name(ch.Attr)
		switch ch.Op {
		case table.ChangeSet:
			clauses["SET"] = append(clauses["SET"], name+" = "+c.value(ch.Value))
		case table.ChangeSetIfAbsent:
			clauses["SET"] = append(clauses["SET"], name+" = if_not_exists("+name+", "+c.value(ch.Value)+")")
		case table.ChangeAdd:
			clauses["ADD"] = append(clauses["ADD"], name+" "+c.value(ch.Value))
		case table.ChangeRemove:
			clauses["REMOVE"] = append(clauses["REMOVE"], name)
		}
	}
	var parts []string
	for _, verb := range []string{"SET", "REMOVE", "ADD"} {
		if len(clauses[verb]) > 0 {
			parts = append(parts, verb+" "+strings.Join(clauses[verb], ", "))
		}
	}
	return strings.Join(parts, " ")
}

// query compiles a query; some is false when its bounds leave nothing to ask for. DynamoDB refuses a cursor outside of
// the bounds and a range that is upside down: both are settled here.
func query(q table.Query) (in *dynamodb.QueryInput, some bool) {
	c := compiler{places: map[string]string{}}
	condition := c.name("pk") + " = " + c.value(table.Text(q.Partition))
	switch sort := c.name("sk"); {
	case q.Prefix != "":
		condition += " AND begins_with(" + sort + ", " + c.value(table.Text(q.Prefix)) + ")"
	case q.From != "" && q.To != "":
		condition += " AND " + sort + " BETWEEN " + c.value(table.Text(q.From)) + " AND " + c.value(table.Text(q.To))
	case q.From != "":
		condition += " AND " + sort + " >= " + c.value(table.Text(q.From))
	case q.To != "":
		condition += " AND " + sort + " < " + c.value(table.Text(q.To))
	default:
		delete(c.names, sort)
	}
	in = &dynamodb.QueryInput{
		KeyConditionExpression: &condition, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(!q.Reverse),
	}
	if q.Limit > 0 {
		in.Limit = aws.Int32(int32(q.Limit))
	}
	if q.From != "" && q.To != "" && q.From >= q.To {
		return nil, false
	}
	if q.After == "" {
		return in, true
	}
	switch side := place(q); {
	case side == 0:
		in.ExclusiveStartKey = keyOf(table.Key{Partition: q.Partition, Sort: q.After})
		return in, true
	default: // a cursor before the first item asked for changes nothing; one after the last leaves nothing
		return in, (side < 0) != q.Reverse
	}
}

// place tells where the cursor lies: -1 below the bounds, 0 within them, +1 above.
func place(q table.Query) int {
	switch {
	case q.Prefix != "" && strings.HasPrefix(q.After, q.Prefix):
		return 0
	case q.Prefix != "":
		return strings.Compare(q.After, q.Prefix)
	case q.From != "" && q.After < q.From:
		return -1
	case q.To != "" && q.After > q.To, q.To == q.After && q.From == "":
		return 1 // BETWEEN takes its upper bound in: a page may end on it
	default:
		return 0
	}
}
