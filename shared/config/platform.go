package config

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

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

// Tables opens those tables, and the connection to them while nobody waits for it yet. Asking another one of them is a
// bug, and panics.
func (e *Environment) Tables(names ...Table) store.Tables {
	cfg := e.AWS("dynamodb")
	client := dynamotable.Client(cfg)
	opened := map[Table]table.Table{}
	for _, name := range names {
		opened[name] = dynamotable.Open(client, e.Text("CONVOC_TABLE_"+string(name)))
	}
	if len(e.missing) == 0 {
		e.connect(cmp.Or(aws.ToString(cfg.BaseEndpoint), "https://dynamodb."+cfg.Region+".amazonaws.com"))
	}
	return store.Tables{Data: opened[Data], Accounts: opened[Accounts], Agenda: opened[Agenda]}
}

// connect opens a connection that the first call will find. What comes of it does not matter.
func (e *Environment) connect(endpoint string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/", nil)
	if err != nil {
		return
	}
	if res, err := e.client.Do(req); err == nil {
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
