package config

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"convoc/shared/collectivity"
	"convoc/shared/ident"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/table/dynamotable"
	"convoc/shared/telemetry"
)

// What every function is handed. Services that only some of them use are opened by their mains: what this package knows,
// every function pays for at each cold start.

// Now is the clock of all functions: UTC, in the milliseconds that the tables keep.
func Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Random is the randomness of all functions.
func Random() io.Reader { return rand.Reader }

// Log is the operator's log.
func Log() *slog.Logger { return telemetry.New(os.Stderr, slog.LevelInfo) }

// Table names one of the tables.
type Table string

// The tables.
const (
	Data     Table = "DATA"
	Accounts Table = "ACCOUNTS"
	Agenda   Table = "AGENDA"
)

// Tables opens those tables, and the connections to them and to the rights for them while nobody waits for them yet.
// Asking another one of them is a bug, and panics.
func (e *Environment) Tables(names ...Table) store.Tables {
	client := dynamotable.Client(e.AWS("dynamodb"))
	var tables store.Tables
	for _, name := range names {
		kept := e.Text("CONVOC_TABLE_" + string(name))
		switch name {
		case Data:
			_ = e.collectivityRole() // missing, it is told at the start
			tables.DataOf = Each(func(id collectivity.ID) table.Table {
				return dynamotable.Open(dynamotable.Client(e.AWSOf(id, "dynamodb")), kept)
			})
		case Accounts:
			tables.Accounts = dynamotable.Open(client, kept)
		case Agenda:
			tables.Agenda = dynamotable.Open(client, kept)
		}
	}
	if len(e.missing) == 0 {
		var opening sync.WaitGroup
		opening.Go(func() { e.connect("dynamodb") })
		if tables.DataOf != nil && e.collectivityRole() != ownRights {
			opening.Go(func() { e.connect("sts") })
		}
		opening.Wait()
	}
	return tables
}

// connect opens a connection that the first call will find. What comes of it does not matter.
func (e *Environment) connect(service string) {
	cfg := e.AWS(service)
	endpoint := cmp.Or(aws.ToString(cfg.BaseEndpoint), "https://"+service+"."+cfg.Region+".amazonaws.com")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/", nil)
	if err != nil {
		return
	}
	client := *e.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // STS would lead to a page about it
	if res, err := client.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10)) // read to its end, it is kept
		_ = res.Body.Close()
	}
}

// Link writes the address of a recipient's link.
func (e *Environment) Link() func(token string) string {
	origin := e.Text("CONVOC_ORIGIN")
	return func(token string) string { return origin + "/c/" + token }
}

// Owner names this process among those who send.
func Owner() string { return ident.New("own_", Random()) }
