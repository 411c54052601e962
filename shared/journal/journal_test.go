package journal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// kinds reads the kinds of events from the source, by the name of their constant.
func kinds(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "journal.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if found[name.Name], err = strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value); err != nil {
				t.Fatal(err)
			}
		}
		return true
	})
	return found
}

// Kinds are stored for years: each has one name that no other has.
func TestEachKindHasItsOwnName(t *testing.T) {
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`)
	owner := map[string]string{}
	for name, value := range kinds(t) {
		if !snake.MatchString(value) {
			t.Errorf("%s is %q", name, value)
		}
		if other, taken := owner[value]; taken {
			t.Errorf("%s and %s are both %q", name, other, value)
		}
		owner[value] = name
	}
	if len(owner) < 30 {
		t.Errorf("only %d kinds were read from the source", len(owner))
	}
	for _, kind := range Kinds() {
		if owner[string(kind)] == "" {
			t.Errorf("%s is listed twice, or is none", kind)
		}
		delete(owner, string(kind))
	}
	if len(owner) > 0 {
		t.Errorf("the list of kinds lacks %v", owner)
	}
}

// A kind that nobody writes would promise evidence that is not there.
func TestEachKindIsWritten(t *testing.T) {
	written := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == "web" { // which shows them
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "journal" {
					written[sel.Sel.Name] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range kinds(t) {
		if !written[name] {
			t.Errorf("no use case writes %s", name)
		}
	}
}
