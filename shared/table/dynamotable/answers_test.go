package dynamotable_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"convoc/shared/table"
	"convoc/shared/table/dynamotable"
)

// service answers each call with the next of its answers, and keeps what was asked.
type service struct {
	answers []answer
	asked   []string // « PutItem {…} »
}

// answer is one of the service's: a status with a body, or a connection that is cut once the request was read.
type answer struct {
	status int
	body   string
	cut    bool
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, target, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	s.asked = append(s.asked, target+" "+string(body))
	if len(s.asked) > len(s.answers) {
		http.Error(w, "nobody expected this call", http.StatusTeapot)
		return
	}
	a := s.answers[len(s.asked)-1]
	if a.cut {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

func refused(code string) answer {
	return answer{status: 400, body: `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"no"}`}
}

func scripted(t *testing.T, answers ...answer) (*service, *dynamotable.Table) {
	s := &service{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, dynamotable.Open(dynamotable.Client(configuration(server.URL)), "t")
}

var (
	key = table.Key{Partition: "p", Sort: "s"}
	ok  = answer{status: 200, body: `{}`}
)

func TestWhatCertainlyWroteNothingIsTriedAgain(t *testing.T) {
	busy := answer{status: 400, body: `{"__type":"TransactionCanceledException","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}`}
	for _, c := range []struct {
		name  string
		first answer
		do    func(*dynamotable.Table) error
	}{
		{"a put over the provisioned rate", refused("ProvisionedThroughputExceededException"), put},
		{"a put that is throttled", refused("ThrottlingException"), put},
		{"a put over the account's rate", refused("RequestLimitExceeded"), put},
		{"a put in conflict with a transaction", refused("TransactionConflictException"), put},
		{"a transaction in conflict with another", busy, transact},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, tb := scripted(t, c.first, c.first, ok)
			if err := c.do(tb); err != nil || len(s.asked) != 3 {
				t.Errorf("got %v after %d calls", err, len(s.asked))
			}
		})
	}
}

func put(tb *dynamotable.Table) error {
	_, err := tb.Write(context.Background(), table.Put(key, nil, table.ItemAbsent()))
	return err
}

func transact(tb *dynamotable.Table) error {
	return tb.Transact(context.Background(), table.Put(key, nil, table.ItemAbsent()), table.Delete(table.Key{Partition: "p", Sort: "t"}))
}

// A write that may have been applied is not sent a second time: it would find itself, and call that a failed condition.
func TestUnknownOutcomeIsSaidAndNotRepeated(t *testing.T) {
	for name, first := range map[string]answer{
		"the connection is cut":         {cut: true},
		"the service has a fault":       {status: 500, body: `{"__type":"InternalServerError"}`},
		"the service cannot answer":     {status: 503, body: `{"__type":"ServiceUnavailable"}`},
		"the answer is cut short":       {status: 200, body: `{"Attri`},
		"the rights are not (any more)": refused("AccessDeniedException"),
	} {
		for _, do := range []func(*dynamotable.Table) error{put, transact} {
			s, tb := scripted(t, first)
			err := do(tb)
			if !errors.Is(err, table.ErrUnavailable) || errors.Is(err, table.ErrCondition) || len(s.asked) != 1 {
				t.Errorf("%s: got %v after %d calls", name, err, len(s.asked))
			}
		}
	}
}

func TestLostReadIsAskedForAgain(t *testing.T) {
	item := answer{status: 200, body: `{"Item":{"pk":{"S":"p"},"sk":{"S":"s"}}}`}
	for name, first := range map[string]answer{
		"the connection is cut": {cut: true}, "the service has a fault": {status: 500, body: `{"__type":"InternalServerError"}`},
	} {
		s, tb := scripted(t, first, item)
		if _, err := tb.Get(t.Context(), key); err != nil || len(s.asked) != 2 {
			t.Errorf("%s: got %v after %d calls", name, err, len(s.asked))
		}
	}
	s, tb := scripted(t, refused("AccessDeniedException"))
	if _, err := tb.Get(t.Context(), key); !errors.Is(err, table.ErrUnavailable) || len(s.asked) != 1 {
		t.Errorf("without the right: got %v after %d calls", err, len(s.asked))
	}
}

func TestBatchGoesOnUntilEverythingIsTaken(t *testing.T) {
	left := answer{status: 200, body: `{"UnprocessedItems":{"t":[{"PutRequest":{"Item":{"pk":{"S":"p"},"sk":{"S":"left"}}}}]}}`}
	s, tb := scripted(t, left, ok)
	err := tb.Batch(t.Context(), table.Put(key, nil), table.Put(table.Key{Partition: "p", Sort: "left"}, nil))
	if err != nil || len(s.asked) != 2 {
		t.Fatalf("got %v after %d calls", err, len(s.asked))
	}
	if !strings.Contains(s.asked[1], `"left"`) || strings.Contains(s.asked[1], `"S":"s"`) {
		t.Errorf("asked again for %s", s.asked[1])
	}
}

func TestReadsAreStronglyConsistent(t *testing.T) {
	s, tb := scripted(t, ok, ok)
	_, _ = tb.Get(t.Context(), key)
	_, _ = tb.Query(t.Context(), table.Query{Partition: "p"})
	for _, asked := range s.asked {
		if !strings.Contains(asked, `"ConsistentRead":true`) {
			t.Errorf("%s", asked)
		}
	}
}

// What the service says of a refused item may quote it; nothing of it goes on.
func TestErrorsQuoteNothing(t *testing.T) {
	secret := answer{status: 400, body: `{"__type":"SomeException","message":"the item of anne@exemple.fr"}`}
	_, tb := scripted(t, secret)
	if err := put(tb); err == nil || strings.Contains(err.Error(), "anne") {
		t.Errorf("got %v", err)
	}
}
