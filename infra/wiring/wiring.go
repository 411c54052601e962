// Package wiring is the table of functions: what each is for, what wakes it, which routes it serves, what it may read,
// write and send. The local runner mounts it, functions/README.md prints it, and tests compare it with functions/ and
// with package web. It is data: nothing here runs.
//
// Functions are cut by what they may do, not by what they are about: whoever only reads cannot write.
package wiring

import "time"

// Trigger is what wakes a function.
type Trigger string

// The triggers.
const (
	HTTP     Trigger = "http"
	Queue    Trigger = "queue"    // bells of its own kind
	Schedule Trigger = "schedule" // every minute; every second on one machine
	Files    Trigger = "files"    // a file has arrived in the store
)

// Resource is something a function touches.
type Resource string

// The resources: the three tables, the store of files, the queues, the mail service.
const (
	Data     Resource = "data"
	Accounts Resource = "accounts"
	Agenda   Resource = "agenda"
	Store    Resource = "files"
	Mail     Resource = "mail"
)

// Function is one row of the table.
type Function struct {
	Name    string // verb-object: the directory, the Lambda, its log group and its role
	Does    string
	Trigger Trigger
	Routes  []string // HTTP: patterns as http.ServeMux takes them
	Reads   []Resource
	Writes  []Resource
	Rings   []string // functions whose bells it rings
	Memory  int      // MB
	Timeout time.Duration
}

// Functions is the table.
var Functions = []Function{
	{
		Name: "view-convocation", Does: "shows an élu the pages behind a link; it cannot write",
		Trigger: HTTP, Memory: 256, Timeout: 10 * time.Second,
		Routes: []string{
			"GET /c/{token}", "GET /c/{token}/lire", "GET /c/{token}/documents", "GET /c/{token}/verifier",
			"GET /c/{token}/merci", "GET /c/style.css", "GET /c/confidentialite", "GET /c/accessibilite", "GET /c/aide",
		},
		Reads: []Resource{Data},
	},
	{
		Name: "answer-convocation", Does: "does what an élu asks: open, download, write, attach, send a reply",
		Trigger: HTTP, Memory: 256, Timeout: 10 * time.Second,
		Routes: []string{
			"POST /c/{token}/ouvrir", "POST /c/{token}/document/{document}", "POST /c/{token}/tout",
			"POST /c/{token}/reponse", "POST /c/{token}/retirer/{document}", "POST /c/{token}/envoyer",
		},
		Reads: []Resource{Data, Store}, Writes: []Resource{Data, Agenda},
	},
	{
		Name: "account-api", Does: "signs users in and out",
		Trigger: HTTP, Memory: 512, Timeout: 15 * time.Second,
		Routes: []string{
			"GET /api/session", "POST /api/session", "DELETE /api/session", "POST /api/session/touch",
			"POST /api/session/connections", "POST /api/invitation",
		},
		Reads: []Resource{Accounts, Data}, Writes: []Resource{Accounts, Data},
	},
	{
		Name: "admin-api", Does: "serves the secretary: contacts, groups, drafts, sending, follow-up",
		Trigger: HTTP, Memory: 512, Timeout: 29 * time.Second,
		Routes: []string{
			"GET /api/contacts", "POST /api/contacts", "PUT /api/contacts/{contact}", "POST /api/contacts/delete",
			"GET /api/groups", "POST /api/groups", "PUT /api/groups/{group}", "DELETE /api/groups/{group}",
			"GET /api/recipients",
			"POST /api/convocations", "GET /api/convocations/{convocation}", "PUT /api/convocations/{convocation}",
			"DELETE /api/convocations/{convocation}", "POST /api/convocations/{convocation}/documents",
			"POST /api/convocations/{convocation}/documents/order",
			"DELETE /api/convocations/{convocation}/documents/{document}",
			"POST /api/convocations/{convocation}/documents/{document}/download",
			"POST /api/convocations/{convocation}/zip", "GET /api/convocations/{convocation}/preview",
			"GET /api/convocations", "POST /api/convocations/{convocation}/send",
			"GET /api/convocations/{convocation}/follow", "POST /api/convocations/{convocation}/resend",
			"POST /api/convocations/{convocation}/close-unread",
			"GET /api/convocations/{convocation}/recipients/{recipient}/reply",
			"POST /api/convocations/{convocation}/recipients/{recipient}/documents/{document}/download",
		},
		Reads: []Resource{Accounts, Data, Store}, Writes: []Resource{Data, Agenda, Store}, Rings: []string{"dispatch"},
	},
	{
		Name: "import-contacts", Does: "reads a file of contacts, shows what it would change, applies it",
		Trigger: HTTP, Memory: 1024, Timeout: 29 * time.Second,
		Routes: []string{
			"POST /api/imports", "POST /api/imports/{import}/preview", "POST /api/imports/{import}/apply",
		},
		Reads: []Resource{Accounts, Data, Store}, Writes: []Resource{Data, Store},
	},
	{
		Name: "record-upload", Does: "notes that a document has arrived, and what it is by its first bytes",
		Trigger: Files, Memory: 256, Timeout: 30 * time.Second,
		Reads: []Resource{Data, Store}, Writes: []Resource{Data, Store},
	},
	{
		Name: "dispatch", Does: "freezes a convocation, gives each recipient its order, rings for those who are due",
		Trigger: Queue, Memory: 1024, Timeout: 60 * time.Second,
		Reads: []Resource{Data, Store}, Writes: []Resource{Data, Store, Agenda}, Rings: []string{"deliver-mail"},
	},
	{
		Name: "deliver-mail", Does: "makes one attempt to send one mail to one recipient",
		Trigger: Queue, Memory: 256, Timeout: 60 * time.Second,
		Reads: []Resource{Data}, Writes: []Resource{Data, Mail},
	},
	{
		Name: "sweep", Does: "brings round what is due in the agenda",
		Trigger: Schedule, Memory: 512, Timeout: 60 * time.Second,
		Reads: []Resource{Data, Agenda, Store}, Writes: []Resource{Data, Agenda, Store}, Rings: []string{"deliver-mail"},
	},
}

// Named finds a function. It panics when there is none: a bug of ours.
func Named(name string) Function {
	for _, f := range Functions {
		if f.Name == name {
			return f
		}
	}
	panic("wiring: no function " + name)
}
