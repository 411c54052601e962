// Package dynamotable is the table on DynamoDB. The table has a partition key « pk » and a sort key « sk », both texts;
// attributes keep their names; a text is S, a number N, a yes-or-no BOOL, bytes B. Reads are strongly consistent.
//
// A call is repeated only when it is certain that nothing was written (a read; throttled; in conflict with another
// transaction). A write whose answer was lost is reported as table.ErrUnavailable and never sent again from here: a
// second try would find its own first one, and say that a condition failed where it held. So the client must not retry
// either: [Client] makes one that does not.
//
// An addition that leaves the range of int64 is found when the item is next read, not when it is made.
package dynamotable

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"convoc/shared/table"
)

// Client makes the client that [Open] wants: one that never sends a request twice.
func Client(cfg aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
}

// Table is one DynamoDB table; made by Open.
type Table struct {
	client *dynamodb.Client
	name   string
}

// Open names a table. It calls nothing.
func Open(client *dynamodb.Client, name string) *Table { return &Table{client, name} }

// Get reads one item.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Item, error) {
	if err := table.CheckKey(key); err != nil {
		return table.Item{}, err
	}
	out, err := read(ctx, func() (*dynamodb.GetItemOutput, error) {
		return t.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &t.name, Key: keyOf(key), ConsistentRead: aws.Bool(true),
		})
	})
	if err != nil {
		return table.Item{}, fault(err)
	}
	if out.Item == nil {
		return table.Item{}, table.ErrNotFound
	}
	return itemOf(out.Item)
}

// Query reads one page.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := table.CheckQuery(q); err != nil {
		return table.Page{}, err
	}
	in, some := query(q)
	if !some {
		return table.Page{}, nil
	}
	in.TableName = &t.name
	out, err := read(ctx, func() (*dynamodb.QueryOutput, error) { return t.client.Query(ctx, in) })
	if err != nil {
		return table.Page{}, fault(err)
	}
	var page table.Page
	for _, raw := range out.Items {
		item, err := itemOf(raw)
		if err != nil {
			return table.Page{}, err
		}
		if q.To == "" || item.Key.Sort < q.To { // BETWEEN takes its upper bound in
			page.Items = append(page.Items, item)
		}
	}
	if out.LastEvaluatedKey != nil {
		page.Next = text(out.LastEvaluatedKey["sk"])
	}
	return page, nil
}

// Write applies one write.
func (t *Table) Write(ctx context.Context, w table.Write) (table.Item, error) {
	if err := table.CheckSingle(w); err != nil {
		return table.Item{}, err
	}
	switch w.Op {
	case table.OpPut:
		return t.put(ctx, w)
	case table.OpUpdate:
		return t.update(ctx, w)
	default:
		return table.Item{}, t.delete(ctx, w)
	}
}

// onFailure asks for the old item when the condition fails.
const onFailure = types.ReturnValuesOnConditionCheckFailureAllOld

func (t *Table) put(ctx context.Context, w table.Write) (table.Item, error) {
	item := table.Item{Key: w.Key, Attrs: w.Attrs}
	if item.Size() > table.MaxItemSize {
		return table.Item{}, table.ErrTooLarge
	}
	e := compile(w)
	_, err := call(ctx, func() (*dynamodb.PutItemOutput, error) {
		return t.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &t.name, Item: attributes(item), ConditionExpression: e.condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: onFailure,
		})
	})
	return item.Clone(), fault(err)
}

func (t *Table) update(ctx context.Context, w table.Write) (table.Item, error) {
	e := compile(w)
	out, err := call(ctx, func() (*dynamodb.UpdateItemOutput, error) {
		return t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &t.name, Key: keyOf(w.Key), UpdateExpression: e.update, ConditionExpression: e.condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValues: types.ReturnValueAllNew, ReturnValuesOnConditionCheckFailure: onFailure,
		})
	})
	if err != nil {
		return table.Item{}, fault(err)
	}
	return itemOf(out.Attributes)
}

func (t *Table) delete(ctx context.Context, w table.Write) error {
	e := compile(w)
	_, err := call(ctx, func() (*dynamodb.DeleteItemOutput, error) {
		return t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &t.name, Key: keyOf(w.Key), ConditionExpression: e.condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: onFailure,
		})
	})
	return fault(err)
}

// Transact applies all writes or none.
func (t *Table) Transact(ctx context.Context, writes ...table.Write) error {
	if err := table.CheckTransact(writes); err != nil {
		return err
	}
	parts := make([]types.TransactWriteItem, len(writes))
	size := 0
	for i, w := range writes {
		item := table.Item{Key: w.Key, Attrs: w.Attrs}
		if item.Size() > table.MaxItemSize {
			return table.ErrTooLarge
		}
		size += item.Size()
		parts[i] = t.part(w)
	}
	if size > table.MaxTransactSize {
		return table.ErrTooLarge
	}
	_, err := call(ctx, func() (*dynamodb.TransactWriteItemsOutput, error) {
		// the client draws a token for each input: a try after a cancelled one must not be taken for it
		return t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: parts})
	})
	return fault(err)
}

// part is one write of a transaction.
func (t *Table) part(w table.Write) types.TransactWriteItem {
	e := compile(w)
	switch w.Op {
	case table.OpPut:
		return types.TransactWriteItem{Put: &types.Put{
			TableName: &t.name, Item: attributes(table.Item{Key: w.Key, Attrs: w.Attrs}), ConditionExpression: e.condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: onFailure,
		}}
	case table.OpUpdate:
		return types.TransactWriteItem{Update: &types.Update{
			TableName: &t.name, Key: keyOf(w.Key), UpdateExpression: e.update, ConditionExpression: e.condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: onFailure,
		}}
	case table.OpDelete:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &t.name, Key: keyOf(w.Key), ConditionExpression: e.condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: onFailure,
		}}
	default:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &t.name, Key: keyOf(w.Key), ConditionExpression: e.condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: onFailure,
		}}
	}
}

// Batch applies unconditional writes, until the service has taken every one.
func (t *Table) Batch(ctx context.Context, writes ...table.Write) error {
	if err := table.CheckBatch(writes); err != nil {
		return err
	}
	left := make([]types.WriteRequest, len(writes))
	for i, w := range writes {
		if w.Op == table.OpDelete {
			left[i].DeleteRequest = &types.DeleteRequest{Key: keyOf(w.Key)}
			continue
		}
		item := table.Item{Key: w.Key, Attrs: w.Attrs}
		if item.Size() > table.MaxItemSize {
			return table.ErrTooLarge
		}
		left[i].PutRequest = &types.PutRequest{Item: attributes(item)}
	}
	for n := 0; ; n++ {
		out, err := call(ctx, func() (*dynamodb.BatchWriteItemOutput, error) {
			return t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{t.name: left},
			})
		})
		if err != nil {
			return fault(err)
		}
		if left = out.UnprocessedItems[t.name]; len(left) == 0 {
			return nil
		}
		if n == tries || pause(ctx, n) != nil {
			return fmt.Errorf("%w: %d writes of a batch not taken", table.ErrUnavailable, len(left))
		}
	}
}

// tries of one call that is known to have written nothing, with pauses of 10 ms doubling up to a second: about five
// seconds, inside the time of every function.
const tries = 12

// call repeats what certainly wrote nothing.
func call[T any](ctx context.Context, do func() (T, error)) (T, error) {
	for n := 0; ; n++ {
		out, err := do()
		if err == nil || !again(err) || n == tries || pause(ctx, n) != nil {
			return out, err
		}
	}
}

// readings of one item or page whose answer is lost.
const readings = 3

// read is a call that writes nothing whatever becomes of it: a lost answer is asked for again.
func read[T any](ctx context.Context, do func() (T, error)) (T, error) {
	for n := 1; ; n++ {
		out, err := call(ctx, do)
		if err == nil || answered(err) || n == readings || pause(ctx, n) != nil {
			return out, err
		}
	}
}

// answered tells a refusal of the request, which the service would give again.
func answered(err error) bool {
	var said *smithyhttp.ResponseError
	return errors.As(err, &said) && said.HTTPStatusCode() >= 400 && said.HTTPStatusCode() < 500
}

// pause waits before try n+1, somewhere in the second half of its span so that a crowd spreads.
func pause(ctx context.Context, n int) error {
	span := min(time.Second, 10*time.Millisecond<<n)
	wait := time.NewTimer(span/2 + rand.N(span/2))
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// again tells the errors that say « nothing was written, come back ».
func again(err error) bool {
	var (
		provisioned *types.ProvisionedThroughputExceededException
		throttled   *types.ThrottlingException
		limit       *types.RequestLimitExceeded
		conflict    *types.TransactionConflictException
		cancelled   *types.TransactionCanceledException
	)
	if errors.As(err, &provisioned) || errors.As(err, &throttled) || errors.As(err, &limit) || errors.As(err, &conflict) {
		return true
	}
	if !errors.As(err, &cancelled) {
		return false
	}
	busy := false
	for _, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			busy = true
		case "ConditionalCheckFailed", "ValidationError":
			return false // an answer that a second try would not change
		}
	}
	return busy
}

// fault turns the service's errors into the port's.
func fault(err error) error {
	if err == nil {
		return nil
	}
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		old, errOld := oldItem(failed.Item)
		return errors.Join(errOld, &table.ConditionError{Failed: []table.Failure{{Index: 0, Old: old}}})
	}
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		return reasons(cancelled)
	}
	return kind(err.Error(), err)
}

// kind tells a refusal of the request from an unknown outcome.
func kind(message string, err error) error {
	var typed interface{ ErrorCode() string }
	code := ""
	if errors.As(err, &typed) {
		code = typed.ErrorCode()
	}
	switch {
	case code == "ValidationException" && tooLarge(message):
		return table.ErrTooLarge
	case code == "ValidationException":
		return fmt.Errorf("%w: %s", table.ErrInvalid, code)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: %w", table.ErrUnavailable, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", table.ErrUnavailable, context.DeadlineExceeded)
	default: // the text may quote the item: only its kind goes on
		return fmt.Errorf("%w: %s", table.ErrUnavailable, code)
	}
}

// tooLarge knows the service's words for a limit of size.
func tooLarge(message string) bool {
	return strings.Contains(message, "size has exceeded") || strings.Contains(message, "size to update has exceeded") ||
		strings.Contains(message, "exceeds the maximum allowed size")
}

// reasons turns a cancelled transaction into the port's error, a refused request before a failed condition.
func reasons(c *types.TransactionCanceledException) error {
	var failed []table.Failure
	for i, r := range c.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "ConditionalCheckFailed":
			old, err := oldItem(r.Item)
			if err != nil {
				return err
			}
			failed = append(failed, table.Failure{Index: i, Old: old})
		case "ValidationError":
			if tooLarge(aws.ToString(r.Message)) {
				return table.ErrTooLarge
			}
			return fmt.Errorf("%w: write %d of the transaction", table.ErrInvalid, i)
		}
	}
	if len(failed) == 0 {
		return fmt.Errorf("%w: transaction cancelled", table.ErrUnavailable)
	}
	return &table.ConditionError{Failed: failed}
}

func oldItem(raw map[string]types.AttributeValue) (table.Item, error) {
	if len(raw) == 0 {
		return table.Item{}, nil
	}
	return itemOf(raw)
}
