// Package wiring is the table of functions: what each is for, what wakes it, which routes it serves, what it may do to
// what. The local runner mounts it, the cloud stack makes functions, routes, queues and rights of it, functions/README.md
// prints it, and tests compare it with functions/, with package web and with the calls that the functions really make.
// It is data: nothing here runs.
//
// Functions are cut by what they may do, not by what they are about: whoever only reads cannot write.
package wiring

import (
	"slices"
	"time"
)

// Trigger is what wakes a function.
type Trigger string

// The triggers.
const (
	HTTP     Trigger = "http"
	Queue    Trigger = "queue"    // bells of its own kind
	Schedule Trigger = "schedule" // every minute; every second on one machine
	Files    Trigger = "files"    // a file has arrived in the store
	Mails    Trigger = "mail events"
)

// Queued tells whether what wakes a function comes through a queue of its own.
func (t Trigger) Queued() bool { return t == Queue || t == Files || t == Mails }

// Resource is something a function touches.
type Resource string

// The resources: the three tables, the store of files, the mail service.
const (
	Data     Resource = "data"
	Accounts Resource = "accounts"
	Agenda   Resource = "agenda"
	Store    Resource = "files"
	Mail     Resource = "mail"
)

// Call is what a function does to a resource, by the name that the port gives it.
type Call string

// The calls. A transaction is not one of its own: it is its puts, updates, deletes and checks.
const (
	Get    Call = "get" // tables
	Query  Call = "query"
	Put    Call = "put"
	Update Call = "update"
	Delete Call = "delete" // and of the files
	Check  Call = "check"
	Batch  Call = "batch"

	Read     Call = "read"       // files: look and open
	Scan     Call = "read scans" // what the antivirus says of a file
	Create   Call = "create"
	Upload   Call = "sign uploads" // with the signer's own right to write
	Download Call = "sign downloads"

	Send      Call = "send" // mail
	Allowance Call = "read the allowance"
	Unblock   Call = "unblock addresses"
)

// Writes tells the calls that change something, or let somebody else change it.
func (c Call) Writes() bool {
	return c != Get && c != Query && c != Check && c != Read && c != Scan && c != Download && c != Allowance
}

// Function is one row of the table.
type Function struct {
	Name    string // verb-object: the directory, the Lambda, its log group and its role
	Does    string
	Trigger Trigger
	Routes  []string            // HTTP: patterns as http.ServeMux takes them
	May     map[Resource][]Call // all that it may do, and all that it does
	Rings   []string            // functions whose bells it rings
	Memory  int                 // MB
	Timeout time.Duration
	Batch   int // messages that it takes of its queue at a time at most; 0: one

	Forms        string // Upload: the keys of the store where its forms let a browser write, « * » spanning slashes
	Creates      string // Create: the keys where it writes itself, likewise; empty: anywhere
	ShowsLetters bool   // it shows mails as they will leave: it reads the sender's address
}

// Sends tells whether the function sends mails.
func (f Function) Sends() bool { return slices.Contains(f.May[Mail], Send) }

// Tables are the resources that are tables, in the order in which all lists name them.
var Tables = []Resource{Data, Accounts, Agenda}

// Functions is the table.
var Functions = []Function{
	{
		Name: "view-convocation", Does: "shows an élu the pages behind a link; it cannot write",
		Trigger: HTTP, Memory: 256, Timeout: 10 * time.Second,
		Routes: []string{
			"GET /c/{token}", "GET /c/{token}/lire", "GET /c/{token}/verifier",
			"GET /c/{token}/merci", "GET /c/{token}/pouvoir", "GET /c/{token}/agenda",
			"GET /c/{token}/confidentialite", "GET /c/{token}/accessibilite", "GET /c/{token}/aide",
			"GET /c/style.css", "GET /c/courriel.css", "GET /c/confidentialite", "GET /c/accessibilite", "GET /c/aide",
			"/c/", // what nobody else answers
		},
		May: map[Resource][]Call{Data: {Get, Query}},
	},
	{
		Name: "attach-document", Does: "shows the form with which an élu puts a document straight into the store",
		Trigger: HTTP, Memory: 256, Timeout: 10 * time.Second,
		Routes: []string{"GET /c/{token}/documents"},
		May:    map[Resource][]Call{Data: {Get, Query}, Store: {Upload}}, Forms: "*/cnv_*/rcp_*/doc_*",
	},
	{
		Name: "answer-convocation", Does: "does what an élu asks: open, download, write, attach, send a reply",
		Trigger: HTTP, Memory: 256, Timeout: 10 * time.Second,
		Routes: []string{
			"POST /c/{token}/ouvrir", "POST /c/{token}/nouveau-lien", "POST /c/{token}/document/{document}", "POST /c/{token}/tout", "POST /c/{token}/pdf",
			"POST /c/{token}/reponse", "POST /c/{token}/retirer/{document}", "POST /c/{token}/envoyer",
		},
		May: map[Resource][]Call{Data: {Get, Query, Put, Update, Delete}, Agenda: {Put}, Store: {Download}},
	},
	{
		Name: "account-api", Does: "signs users in and out, and keeps who works for which collectivité",
		Trigger: HTTP, Memory: 512, Timeout: 29 * time.Second, // it waits for the mail service
		Routes: []string{
			"GET /api/session", "POST /api/session", "DELETE /api/session", "POST /api/session/touch",
			"POST /api/session/connections", "POST /api/session/everywhere",
			"GET /api/session/collectivities", "POST /api/session/collectivity",
			"POST /api/invitation", "POST /api/invitation/check", "POST /api/invitation/join",
			"POST /api/password", "GET /api/mail", "POST /api/mail", "POST /api/reset", "POST /api/reset/check", "POST /api/reset/finish",
			"POST /api/factor", "POST /api/factor/confirm", "POST /api/factor/remove",
			"GET /api/users", "POST /api/users/invite", "POST /api/users/withdraw", "POST /api/users/role",
			"GET /api/settings", "PUT /api/settings", "GET /api/journal",
			"GET /api/installation", "POST /api/installation", "POST /api/installation/operators", "POST /api/installation/{collectivity}/invite",
			"POST /api/installation/{collectivity}/close",
			"/api/",
		},
		May: map[Resource][]Call{
			Data: {Get, Query, Put}, Accounts: {Get, Query, Put, Update, Delete}, Mail: {Send},
		},
	},
	{
		Name: "admin-api", Does: "serves the secretary: contacts, groups, drafts, sending, follow-up",
		Trigger: HTTP, Memory: 512, Timeout: 29 * time.Second,
		Routes: []string{
			"GET /api/contacts", "POST /api/contacts", "PUT /api/contacts/{contact}", "POST /api/contacts/delete",
			"GET /api/contacts/{contact}", "GET /api/contacts/duplicates", "POST /api/contacts/merge",
			"PUT /api/groups/{group}/shared", "POST /api/groups/{group}/members",
			"GET /api/groups", "POST /api/groups", "PUT /api/groups/{group}", "DELETE /api/groups/{group}",
			"GET /api/recipients",
			"GET /api/assemblies", "POST /api/assemblies", "PUT /api/assemblies/{assembly}", "DELETE /api/assemblies/{assembly}",
			"POST /api/convocations", "GET /api/convocations/{convocation}", "PUT /api/convocations/{convocation}",
			"DELETE /api/convocations/{convocation}", "POST /api/convocations/{convocation}/documents",
			"POST /api/convocations/{convocation}/documents/order",
			"DELETE /api/convocations/{convocation}/documents/{document}",
			"POST /api/convocations/{convocation}/documents/{document}/download",
			"POST /api/convocations/{convocation}/zip", "GET /api/convocations/{convocation}/preview",
			"GET /api/convocations", "GET /api/convocations/{convocation}/forecast", "POST /api/convocations/{convocation}/send",
			"POST /api/convocations/{convocation}/recall", "POST /api/convocations/{convocation}/pause",
			"POST /api/convocations/{convocation}/resume", "POST /api/convocations/{convocation}/cancel",
			"POST /api/convocations/{convocation}/remind", "POST /api/convocations/{convocation}/recipients/{recipient}/vouch",
			"POST /api/convocations/{convocation}/recipients/{recipient}/unblock",
			"GET /api/convocations/{convocation}/follow", "POST /api/convocations/{convocation}/resend",
			"POST /api/convocations/{convocation}/close-unread",
			"GET /api/convocations/{convocation}/recipients/{recipient}/reply",
			"POST /api/convocations/{convocation}/recipients/{recipient}/reply",
			"POST /api/convocations/{convocation}/recipients/{recipient}/address",
			"POST /api/convocations/{convocation}/recipients/{recipient}/revoke",
			"POST /api/convocations/{convocation}/revoke",
			"POST /api/convocations/{convocation}/replies/zip", "GET /api/convocations/{convocation}/replies.csv",
			"POST /api/convocations/{convocation}/recipients/{recipient}/documents/{document}/download",
		},
		May: map[Resource][]Call{
			Data: {Get, Query, Put, Update, Delete, Check}, Accounts: {Get}, Agenda: {Get, Put},
			Store: {Read, Create, Upload, Download, Delete},
		},
		Rings: []string{"dispatch"}, Forms: "*/cnv_*/up/doc_*", Creates: "*/cnv_*/replies/*", ShowsLetters: true,
	},
	{
		Name: "import-contacts", Does: "reads a file of contacts, shows what it would change, applies it, undoes it; writes all contacts as a file",
		Trigger: HTTP, Memory: 1024, Timeout: 29 * time.Second,
		Routes: []string{
			"GET /api/contacts/export", "GET /api/imports", "GET /api/imports/{import}", "GET /api/imports/{import}/errors.csv",
			"POST /api/imports", "POST /api/imports/{import}/preview", "POST /api/imports/{import}/choices",
			"POST /api/imports/{import}/apply", "POST /api/imports/{import}/undo",
		},
		May: map[Resource][]Call{
			Data: {Get, Query, Put, Update, Delete, Check}, Accounts: {Get}, Store: {Upload, Read, Create},
		},
		Forms: "*/imports/imp_*", Creates: "*/undo/imp_*",
	},
	{
		Name: "record-upload", Does: "notes that a document has arrived, what it is by its first bytes, and what the antivirus says",
		Trigger: Files, Memory: 512, Timeout: 60 * time.Second, // it copies up to 100 MB
		May: map[Resource][]Call{Data: {Get, Query, Put, Update, Delete}, Agenda: {Put}, Store: {Read, Create, Delete, Scan}},
	},
	{
		Name: "dispatch", Does: "freezes a convocation, gives each recipient its order, rings for those who are due",
		Trigger: Queue, Memory: 1024, Timeout: 60 * time.Second,
		May: map[Resource][]Call{
			Data: {Get, Query, Put, Update, Delete}, Agenda: {Query, Put, Update, Delete}, Store: {Read, Create}, Mail: {Allowance, Unblock},
		},
		Rings: []string{"deliver-mail"},
	},
	{
		Name: "deliver-mail", Does: "makes one attempt to send one mail to one recipient",
		Trigger: Queue, Memory: 256, Timeout: 60 * time.Second,
		May: map[Resource][]Call{Data: {Get, Update}, Agenda: {Get, Update}, Mail: {Send}}, Batch: 5,
	},
	{
		Name: "record-mail-event", Does: "notes what the mail service says became of a mail",
		Trigger: Mails, Memory: 256, Timeout: 60 * time.Second,
		May: map[Resource][]Call{Data: {Get, Update}, Agenda: {Put}}, Batch: 10, // two events or more for each mail
	},
	{
		Name: "sweep", Does: "brings round what is due in the agenda",
		Trigger: Schedule, Memory: 512, Timeout: 60 * time.Second,
		May: map[Resource][]Call{
			Data: {Get, Query, Put, Update, Delete}, Agenda: {Get, Query, Put, Update, Delete}, Store: {Read, Create, Delete, Scan}, Mail: {Allowance, Unblock},
		},
		Rings: []string{"deliver-mail"},
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
