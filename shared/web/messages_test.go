package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

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

func TestEveryReasonHasItsFrench(t *testing.T) {
	for _, r := range []mail.Reason{
		mail.ReasonNoMailbox, mail.ReasonMailboxFull, mail.ReasonContent, mail.ReasonRejected, mail.ReasonThrottled,
		mail.ReasonConnection, mail.ReasonCredentials, mail.ReasonTimeout, mail.ReasonStorage,
	} {
		if _, known := reasons[string(r)]; !known {
			t.Errorf("no French for the reason %q", r)
		}
	}
	if frenchReason("") != "" || frenchReason("??") == "" {
		t.Error("no reason says nothing; an unknown one says so")
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
		"reply_not_for_copies", "document_unknown", "unavailable", "not_found", "body_too_large", "fault",
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
