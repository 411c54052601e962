package wiring_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"convoc/infra/wiring"
	"convoc/shared/account"
	"convoc/shared/rights"
	"convoc/shared/web"
)

var update = flag.Bool("update", false, "write functions/README.md")

func names() []string {
	var all []string
	for _, f := range wiring.Functions {
		all = append(all, f.Name)
	}
	slices.Sort(all)
	return all
}

func TestEachFunctionHasItsDirectory(t *testing.T) {
	mains, err := filepath.Glob("../../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mains {
		got = append(got, filepath.Base(filepath.Dir(m)))
		raw, err := os.ReadFile(m)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(raw), "\n"); n > 40 {
			t.Errorf("%s: %d lines: a main reads its configuration, opens adapters and starts", m, n)
		}
	}
	if !slices.Equal(got, names()) {
		t.Errorf("functions/ has %q, the table %q", got, names())
	}
}

// routes are those of package web, by function.
func routes() map[string][]web.Route {
	site := web.Site{Origin: "https://convoc.example", FilesOrigin: "https://files.example"}
	none := &account.Service{}
	return map[string][]web.Route{
		"view-convocation":   web.ViewConvocation(web.Recipients{Site: site}),
		"attach-document":    web.AttachDocument(web.Recipients{Site: site}),
		"answer-convocation": web.AnswerConvocation(web.Recipients{Site: site}),
		"account-api":        web.AccountAPI(web.Accounts{Site: site, Account: none}),
		"admin-api":          web.AdminAPI(web.Admin{Site: site, Account: none}),
		"import-contacts":    web.ImportContacts(web.Imports{Site: site, Account: none}),
	}
}

func TestTableAndWebHaveTheSameRoutes(t *testing.T) {
	served := routes()
	for _, f := range wiring.Functions {
		var got []string
		for _, r := range served[f.Name] {
			got = append(got, r.Pattern)
		}
		want := slices.Clone(f.Routes)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: web serves\n%s\nthe table says\n%s", f.Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if (f.Trigger == wiring.HTTP) != (len(f.Routes) > 0) {
			t.Errorf("%s: trigger %s with %d routes", f.Name, f.Trigger, len(f.Routes))
		}
		if f.Memory == 0 || f.Timeout == 0 {
			t.Errorf("%s: no memory or no time", f.Name)
		}
	}
}

func TestLookersCannotWrite(t *testing.T) {
	for _, f := range wiring.Functions {
		for resource, calls := range f.May {
			if f.Name == "view-convocation" && (slices.ContainsFunc(calls, wiring.Call.Writes) || len(f.Rings) > 0) {
				t.Errorf("%s may write to %s", f.Name, resource)
			}
		}
	}
}

func TestEveryRouteOfTheAPIHasItsRight(t *testing.T) {
	open := []string{
		"POST /api/session", "DELETE /api/session", "POST /api/invitation", "POST /api/invitation/check", "POST /api/invitation/join",
		"POST /api/reset", "POST /api/reset/check", "POST /api/reset/finish",
	}
	for name, list := range routes() {
		for _, r := range list {
			if !strings.Contains(r.Pattern, " /api/") || slices.Contains(open, r.Pattern) {
				continue
			}
			if !rights.May(rights.Administrator, r.Action) && !rights.May(rights.Operator, r.Action) {
				t.Errorf("%s: %s asks for the right %q, which nobody has", name, r.Pattern, r.Action)
			}
		}
	}
}

func TestReadmeShowsTheTable(t *testing.T) {
	const path = "../../functions/README.md"
	if *update {
		if err := os.WriteFile(path, []byte(table()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != table() {
		t.Errorf("%s is not the table: run go test ./infra/wiring -update", path)
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("# Functions\n\nOne directory, one function, one level of trust. This table is written from `infra/wiring`" +
		" (`go test ./infra/wiring -update`).\n\n| function | what it does | woken by | may | rings |\n|---|---|---|---|---|\n")
	for _, f := range wiring.Functions {
		fmt.Fprintf(&b, "| [%s](%s/main.go) | %s | %s | %s | %s |\n", f.Name, f.Name, f.Does, f.Trigger,
			rightsOf(f), strings.Join(f.Rings, ", "))
	}
	b.WriteString(whoMay())
	actions := map[string]rights.Action{}
	for _, list := range routes() {
		for _, r := range list {
			actions[r.Pattern] = r.Action
		}
	}
	for _, f := range wiring.Functions {
		if len(f.Routes) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n", f.Name)
		for _, r := range f.Routes {
			fmt.Fprintf(&b, "- `%s`", r)
			if a := actions[r]; a != "" {
				fmt.Fprintf(&b, " – %s", a)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// whoMay writes the table of rights, as package rights has it.
func whoMay() string {
	var b strings.Builder
	roles := append(append([]rights.Role{rights.SignedIn}, rights.Roles()...), rights.Operator)
	b.WriteString("\n## Who may do what\n\nFrom `shared/rights`. A role is valid for a collectivité and for those below it;" +
		" `signed_in` is whoever has not said yet for which one she works, `operator` keeps the installation and sees no content." +
		" Who may not is answered 403, and a thing of another collectivité 404, as one that is not there.\n\n| action |")
	for _, r := range roles {
		fmt.Fprintf(&b, " %s |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(roles)) + "\n")
	for _, a := range rights.Of(append(rights.Roles(), rights.Operator)...) {
		fmt.Fprintf(&b, "| %s |", a)
		for _, r := range roles {
			fmt.Fprintf(&b, " %s |", map[bool]string{true: "yes", false: "–"}[rights.May(r, a)])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// rightsOf writes « data: get, query; files: read ».
func rightsOf(f wiring.Function) string {
	var all []string
	for _, resource := range append(slices.Clone(wiring.Tables), wiring.Store, wiring.Mail) {
		var calls []string
		for _, c := range f.May[resource] {
			calls = append(calls, string(c))
		}
		if len(calls) > 0 {
			all = append(all, string(resource)+": "+strings.Join(calls, ", "))
		}
	}
	return strings.Join(all, "; ")
}
