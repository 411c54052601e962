package web_test

import (
	"regexp"
	"strings"
)

// probe is one request to a route. What stands in braces, in the route, the query and the body, is an identifier: its
// owner's, a neighbour's or a random one.
type probe struct {
	query, body string
	instead     map[string]string // which identifier stands for a parameter of the route; else the one of its name
	nothing     bool              // our own identifiers are refused too: the town is not in that state
	as          string            // who asks; empty: each role, and the administrator where one is enough
}

// the is a parameter that stands for another identifier than the one of its name.
func the(pairs ...string) map[string]string {
	all := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

const (
	draftFields    = `"version":{version},"subject":"Conseil","message":"","cc":[],"bcc":[]`
	assemblyFields = `"name":"Bureau","body":"commune_small","members":3,"clear_days":0,"proxies_per_holder":0,"place":"","signatory":""`
)

// contentProbes has the routes that know a session, with each place where an identifier can stand; those of accounts are
// in a file of their own.
var contentProbes = map[string][]probe{
	"GET /api/session":              {{}},
	"POST /api/session/touch":       {{}},
	"POST /api/session/connections": {{}},

	"GET /api/contacts": {{}, {query: "?group={group}"}, {query: "?limit=1&cursor={cursor}"}, {query: "?q=Élu"}},
	"POST /api/contacts": {
		{body: `{"name":"Zoé Roux","addresses":["zoe@x.fr"],"groups":[]}`},
		{body: `{"name":"Yves Roux","addresses":["yves@x.fr"],"groups":["{group}"]}`},
		{body: `{"name":"Xavier Roux","addresses":["xavier@x.fr"],"substitute_of":"{contact}"}`},
	},
	"GET /api/contacts/{contact}": {{}, {instead: the("contact", "twin")}},
	"GET /api/contacts/duplicates": {
		{}, {query: "?cursor={duplicatesCursor}"},
	},
	"POST /api/contacts/merge": {{ // what is kept comes first: it is asked for before anything is merged
		body: `{"fields":{"name":"Jumelle","groups":["{group}"],"substitute_of":"{contact}"},"keep":{"id":"{twin}","version":1},"others":[{"id":"{double}","version":1}]}`,
	}},
	"PUT /api/contacts/{contact}": {
		{body: `{"version":1,"name":"Élu 0","addresses":["e0@x.fr"],"groups":[]}`},
		{body: `{"version":1,"name":"Élu 0","addresses":["e0@x.fr"],"groups":["{group}"]}`},
		{body: `{"version":1,"name":"Élu 0","addresses":["e0@x.fr"],"groups":[],"substitute_of":"{twin}"}`},
	},
	"POST /api/contacts/delete":        {{body: `{"contacts":["{contact}"]}`}},
	"GET /api/groups":                  {{}},
	"POST /api/groups":                 {{body: `{"name":"Commission"}`}},
	"PUT /api/groups/{group}":          {{body: `{"name":"Autre nom"}`}},
	"PUT /api/groups/{group}/shared":   {{body: `{"shared":true}`}},
	"POST /api/groups/{group}/members": {{body: `{"contacts":["{twin}"]}`}},
	"DELETE /api/groups/{group}":       {{}},
	"GET /api/recipients":              {{query: "?q=Élu"}},

	"GET /api/assemblies":               {{}},
	"POST /api/assemblies":              {{body: `{` + assemblyFields + `,"group":"{group}"}`}},
	"PUT /api/assemblies/{assembly}":    {{body: `{` + assemblyFields + `,"version":1,"group":"{group}"}`}},
	"DELETE /api/assemblies/{assembly}": {{}},

	"GET /api/convocations":               {{}, {query: "?cursor={convocationsCursor}"}},
	"POST /api/convocations":              {{}},
	"GET /api/convocations/{convocation}": {{}, {instead: the("convocation", "draft")}},
	"PUT /api/convocations/{convocation}": {
		{body: `{` + draftFields + `,"to":[{"kind":"group","id":"{group}"}]}`, instead: the("convocation", "draft")},
		{body: `{` + draftFields + `,"to":[{"kind":"contact","id":"{contact}"}]}`, instead: the("convocation", "draft")},
		{
			body:    `{` + draftFields + `,"to":[],"meeting":{"assembly":"{assembly}","at":"2026-12-20T18:30","place":"Mairie"}}`,
			instead: the("convocation", "draft"),
		},
	},
	"DELETE /api/convocations/{convocation}": {{instead: the("convocation", "draft")}},
	"POST /api/convocations/{convocation}/documents": {
		{body: `{"name":"a.pdf","size":10}`, instead: the("convocation", "draft")},
	},
	"POST /api/convocations/{convocation}/documents/order": {
		{body: `{"documents":["{draftDocument}"]}`, instead: the("convocation", "draft")},
	},
	"DELETE /api/convocations/{convocation}/documents/{document}": {{instead: the("convocation", "draft", "document", "draftDocument")}},
	"POST /api/convocations/{convocation}/documents/{document}/download": {
		{}, {instead: the("convocation", "draft", "document", "draftDocument")},
	},
	"POST /api/convocations/{convocation}/zip":    {{}},
	"GET /api/convocations/{convocation}/preview": {{}, {instead: the("convocation", "draft")}},
	"GET /api/convocations/{convocation}/forecast": {
		{instead: the("convocation", "draft")}, {query: "?at=2026-12-05T10:00", instead: the("convocation", "draft")},
	},
	"POST /api/convocations/{convocation}/send": {
		{body: `{"version":{version}}`, instead: the("convocation", "draft")},
		{body: `{"version":{version},"at":"2026-12-05T10:00"}`, instead: the("convocation", "draft")},
	},
	"POST /api/convocations/{convocation}/recall": {{instead: the("convocation", "planned")}},
	"POST /api/convocations/{convocation}/pause":  {{}},
	"POST /api/convocations/{convocation}/resume": {{instead: the("convocation", "troubled")}},
	"POST /api/convocations/{convocation}/cancel": {{instead: the("convocation", "troubled")}},
	"POST /api/convocations/{convocation}/remind": {
		{body: `{"recipients":["{unopened}"]}`}, {body: `{"recipients":[],"who":"unread"}`}, {body: `{"recipients":[],"who":"silent"}`},
	},
	"POST /api/convocations/{convocation}/recipients/{recipient}/vouch": {
		{instead: the("convocation", "troubled", "recipient", "doubtful")},
	},
	"POST /api/convocations/{convocation}/recipients/{recipient}/unblock": {
		{instead: the("convocation", "troubled", "recipient", "blocked")},
	},
	"GET /api/convocations/{convocation}/follow": {{}},
	"POST /api/convocations/{convocation}/resend": {
		{body: `{"recipients":["{unopened}"]}`}, {body: `{"recipients":[],"who":"unread"}`},
	},
	"POST /api/convocations/{convocation}/close-unread":                 {{}},
	"GET /api/convocations/{convocation}/recipients/{recipient}/reply":  {{}},
	"POST /api/convocations/{convocation}/recipients/{recipient}/reply": {{body: `{"after":1,"presence":"proxy","holder":"{holder}","text":"","way":"phone","reason":"Appel de 10 h"}`}},
	"POST /api/convocations/{convocation}/recipients/{recipient}/address": {
		{body: `{"address":"corrigee@x.fr"}`},
	},
	"POST /api/convocations/{convocation}/recipients/{recipient}/revoke": {{}},
	"POST /api/convocations/{convocation}/revoke":                        {{}},
	"POST /api/convocations/{convocation}/replies/zip":                   {{}},
	"GET /api/convocations/{convocation}/replies.csv":                    {{}},
	"POST /api/convocations/{convocation}/recipients/{recipient}/documents/{document}/download": {
		{instead: the("document", "replyDocument")},
	},

	"POST /api/imports":                    {{body: `{"name":"contacts.csv","size":100}`}},
	"POST /api/imports/{import}/preview":   {{}},
	"POST /api/imports/{import}/choices":   {{body: `{"lines":[{"line":2,"decision":"same"}]}`}},
	"POST /api/imports/{import}/apply":     {{}},
	"POST /api/imports/{import}/undo":      {{nothing: true}},
	"GET /api/contacts/export":             {{query: "?group={group}"}, {query: "?q=Élu&format=csv"}},
	"GET /api/imports":                     {{}},
	"GET /api/imports/{import}":            {{}},
	"GET /api/imports/{import}/errors.csv": {{}},
}

// linkProbes has every route behind a link. The link's own parts are mixed by the test.
var linkProbes = map[string][]probe{
	"GET /c/{token}": {{}}, "GET /c/{token}/lire": {{}}, "GET /c/{token}/verifier": {{}}, "GET /c/{token}/merci": {{}},
	"GET /c/{token}/pouvoir": {{}}, "GET /c/{token}/agenda": {{}}, "GET /c/{token}/documents": {{}},
	"GET /c/{token}/confidentialite": {{}}, "GET /c/{token}/accessibilite": {{}}, "GET /c/{token}/aide": {{}},
	"POST /c/{token}/ouvrir": {{body: "moment=x"}}, "POST /c/{token}/nouveau-lien": {{}},
	"POST /c/{token}/document/{document}": {{}}, "POST /c/{token}/tout": {{}},
	"POST /c/{token}/pdf":     {{nothing: true}}, // the town has no merger
	"POST /c/{token}/reponse": {{body: "presence=proxy&mandataire={holder}"}},
	"POST /c/{token}/retirer/{document}": {
		{instead: the("document", "replyDocument")},
	},
	"POST /c/{token}/envoyer": {{body: "revision={revision}"}},
}

// nobodys are the routes that need neither session nor link.
var nobodys = map[string]bool{
	"POST /api/session": true, "DELETE /api/session": true, "POST /api/invitation": true, "POST /api/invitation/check": true, "/api/": true,
	"POST /api/invitation/join": true, "POST /api/reset": true, "POST /api/reset/check": true, "POST /api/reset/finish": true,
	"GET /c/style.css": true, "GET /c/courriel.css": true, "GET /c/confidentialite": true, "GET /c/accessibilite": true,
	"GET /c/aide": true, "/c/": true,
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// written is the route with its probe, in which each placeholder names an identifier.
func (p probe) written(pattern string) (method, path, body string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = placeholder.ReplaceAllStringFunc(path, func(name string) string {
		if other := p.instead[strings.Trim(name, "{}")]; other != "" {
			return "{" + other + "}"
		}
		return name
	})
	return method, path + p.query, p.body
}
