package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"convoc/shared/convocation"
	"convoc/shared/mail"
	"convoc/shared/page"
)

// defined reads the codes of all errs.Define calls in shared/ from the sources.
func defined(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if code, ok := defineCall(n); ok {
				codes[code] = path
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// defineCall gives the code of a call of errs.Define, or of Define inside errs.
func defineCall(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 3 {
		return "", false
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	text, ok := call.Args[1].(*ast.BasicLit)
	if name != "Define" || !ok {
		return "", false
	}
	code, err := strconv.Unquote(text.Value)
	return code, err == nil
}

func TestEveryRefusalHasItsFrench(t *testing.T) {
	codes := defined(t)
	if len(codes) < 40 {
		t.Fatalf("got %d codes: the sources were not found", len(codes))
	}
	for code, path := range codes {
		if _, known := messages[code]; !known {
			t.Errorf("%s defines %q, which has no message", path, code)
		}
	}
	for code := range messages {
		if _, used := codes[code]; !used && !strings.HasPrefix(code, "line_") && code != "upload_lost" {
			t.Errorf("the message %q is for no refusal", code)
		}
	}
}

// constants reads the constants of a source whose names begin with a word.
func constants(t *testing.T, path, word string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, word) {
			return true
		}
		if text, ok := spec.Values[0].(*ast.BasicLit); ok {
			if values[spec.Names[0].Name], err = strconv.Unquote(text.Value); err != nil {
				t.Fatal(err)
			}
		}
		return true
	})
	return values
}

// What an import says of a line or of a file that it refuses is no refusal of its own, and yet it is read.
func TestEveryFaultOfAFileHasItsFrench(t *testing.T) {
	lines, files := constants(t, "../contactfile/contactfile.go", "Line"), constants(t, "../contactfile/contactfile.go", "Code")
	maps.Copy(lines, constants(t, "../csvimport/csvimport.go", "Line"))
	if len(lines) < 4 || len(files) < 7 {
		t.Fatalf("only %d and %d codes were found", len(lines), len(files))
	}
	for name, code := range lines {
		if _, known := messages["line_"+code]; !known {
			t.Errorf("no French for the fault %s of a file", name)
		}
	}
	for name, code := range files {
		if fileKinds[code] == "" {
			t.Errorf("no French for the fault %s of a file", name)
		}
	}
	for name, code := range constants(t, "../contactfile/contactfile.go", "Warning") {
		if fileWarnings[code] == "" {
			t.Errorf("no French for the warning %s of a file", name)
		}
	}
	for code := range messages {
		if line, ok := strings.CutPrefix(code, "line_"); ok && !slices.Contains(slices.Collect(maps.Values(lines)), line) {
			t.Errorf("the message %q is for no line", code)
		}
	}
}

func TestEveryReasonHasItsFrench(t *testing.T) {
	for _, r := range []mail.Reason{
		mail.ReasonNoMailbox, mail.ReasonMailboxFull, mail.ReasonContent, mail.ReasonRejected, mail.ReasonThrottled,
		mail.ReasonConnection, mail.ReasonCredentials, mail.ReasonTimeout, mail.ReasonStorage, mail.ReasonUnwritten,
	} {
		if _, known := reasons[string(r)]; !known {
			t.Errorf("no French for the reason %q", r)
		}
	}
	for _, c := range []struct {
		name string
		s    convocation.Standing
		want string
	}{
		{"no reason", convocation.Standing{Status: convocation.Pending}, ""},
		{"nobody knows the reason", convocation.Standing{Status: convocation.Failed, Reason: "??"}, "Raison inconnue."},
		{"it waits for the service", convocation.Standing{Status: convocation.Pending, Reason: "connection"}, "Le serveur de courriel ne répond pas. L’envoi sera tenté à nouveau."},
		{"it waits for the next try", convocation.Standing{Status: convocation.Retry, Reason: "mailbox_full"}, "La boîte est pleine. L’envoi sera tenté à nouveau."},
		{"it is over", convocation.Standing{Status: convocation.Failed, Reason: "connection"}, "Le serveur de courriel ne répond pas."},
		{"nobody knows whether it left", convocation.Standing{Status: convocation.Review, Reason: "timeout"}, "Le serveur n’a pas répondu à temps\u00a0: on ne sait pas si le courriel est parti."},
	} {
		if got := frenchStanding(c.s); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDurations(t *testing.T) {
	for seconds, want := range map[int]string{
		1: "1\u00a0seconde", 59: "59\u00a0secondes", 60: "1\u00a0minute", 61: "2\u00a0minutes", 300: "5\u00a0minutes",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("%d seconds: got %q, want %q", seconds, got, want)
		}
	}
}

func TestMessagesReadWell(t *testing.T) {
	for code := range messages {
		got := frenchCode(code, "X")
		if strings.Contains(got, "'") || strings.Contains(got, " :") || strings.Contains(got, "« ") || strings.Contains(got, "%s") {
			t.Errorf("%s: %q: French typography", code, got)
		}
		if !strings.HasSuffix(got, ".") && !strings.HasSuffix(got, ").") {
			t.Errorf("%s: %q: no end", code, got)
		}
	}
}

// What an élu can run into has a page of its own words.
func TestProblemsOfElusHaveTheirPage(t *testing.T) {
	for _, code := range []string{
		"link_unknown", "link_closed", "reply_empty", "reply_too_long", "reply_changed", "reply_not_begun",
		"reply_not_for_copies", "document_unknown", "unavailable", "not_found", "method", "body_too_large", "body_slow", "fault",
		"link_expired", "password_needed", "password_wrong", "password_locked", "replies_closed", "presence_missing",
		"presence_invalid", "proxy_holder_missing", "proxy_holder_unknown", "proxy_holder_absent", "proxy_taken", "proxy_self",
		"proxy_guest", "document_infected", "document_scanning",
	} {
		if page.ProblemOf(code).Code != code {
			t.Errorf("no page for %q", code)
		}
	}
	for store, code := range fileProblems {
		if page.ProblemOf(code).Code != code {
			t.Errorf("no page for %q of the files' host, named %q", store, code)
		}
	}
}
