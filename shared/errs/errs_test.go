package errs

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var (
	errTaken   = Define(Conflict, "test_taken", "somebody has it")
	errTooLong = Define(Invalid, "test_too_long", "over the limit")
)

func TestErrorsMatchByTheirCode(t *testing.T) {
	named := errTaken.At("name", "Bureau")
	wrapped := fmt.Errorf("saving grp_x: %w", named)
	for _, c := range []struct {
		name        string
		err, target error
		want        bool
	}{
		{"itself", errTaken, errTaken, true},
		{"with its field", named, errTaken, true},
		{"with another field", errTaken.At("other", ""), named, true},
		{"wrapped", wrapped, errTaken, true},
		{"joined", errors.Join(errors.New("x"), wrapped), errTaken, true},
		{"the same code defined twice", Define(Conflict, "test_taken", "in other words"), errTaken, true},
		{"another code", errTooLong, errTaken, false},
		{"another error of the same text", errors.New("somebody has it"), errTaken, false},
		{"a refusal for another error", errTaken, errors.New("somebody has it"), false},
		{"no error", nil, errTaken, false},
	} {
		if got := errors.Is(c.err, c.target); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestAtLeavesTheDefinitionAlone(t *testing.T) {
	named := errTaken.At("name", "Bureau")
	if named.Field != "name" || named.About != "Bureau" || named.Code != "test_taken" || named.Kind != Conflict {
		t.Errorf("got %+v", named)
	}
	if errTaken.Field != "" || errTaken.About != "" {
		t.Errorf("the definition has become %+v", errTaken)
	}
}

// What a person typed is for that person: the operator reads the sentence.
func TestTheSentenceNamesNobody(t *testing.T) {
	err := fmt.Errorf("saving ctc_x: %w", errTaken.At("name", "Bruno Canari"))
	if got := err.Error(); got != "saving ctc_x: somebody has it" {
		t.Errorf("got %q", got)
	}
}

func TestAs(t *testing.T) {
	if e, ok := As(fmt.Errorf("line 3: %w", errTooLong.At("text", ""))); !ok || e.Field != "text" || e.Code != "test_too_long" {
		t.Errorf("got %+v, %v", e, ok)
	}
	for _, err := range []error{nil, errors.New("x"), fmt.Errorf("x: %w", errors.New("y"))} {
		if e, ok := As(err); ok || e != nil {
			t.Errorf("%v is taken for the refusal %+v", err, e)
		}
	}
}

// definition is a call of Define in the sources.
type definition struct{ path, kind, code, text string }

// definitions reads all of shared/. A call whose arguments cannot be read, or that stands inside a function, is a fault:
// the codes are part of the API, and are listed by reading them.
func definitions(t *testing.T) []definition {
	t.Helper()
	var all []definition
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			_, inFunction := decl.(*ast.FuncDecl)
			ast.Inspect(decl, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !isDefine(call.Fun, file.Name.Name) {
					return true
				}
				def, readable := read(call)
				if def.path = path; inFunction || !readable {
					t.Errorf("%s: a refusal is defined where nobody finds it: %q", path, def.code)
				}
				all = append(all, def)
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func isDefine(fun ast.Expr, pkg string) bool {
	switch f := fun.(type) {
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == "errs" && f.Sel.Name == "Define"
	case *ast.Ident:
		return pkg == "errs" && f.Name == "Define"
	}
	return false
}

func read(call *ast.CallExpr) (definition, bool) {
	var d definition
	switch k := call.Args[0].(type) {
	case *ast.SelectorExpr:
		d.kind = k.Sel.Name
	case *ast.Ident:
		d.kind = k.Name
	}
	code, isCode := call.Args[1].(*ast.BasicLit)
	text, isText := call.Args[2].(*ast.BasicLit)
	if !isCode || !isText {
		return d, false
	}
	var err1, err2 error
	d.code, err1 = strconv.Unquote(code.Value)
	d.text, err2 = strconv.Unquote(text.Value)
	return d, err1 == nil && err2 == nil
}

func TestCodesAreStableNames(t *testing.T) {
	all := definitions(t)
	if len(all) < 40 {
		t.Fatalf("only %d definitions were found", len(all))
	}
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	kinds := map[string]definition{}
	for _, d := range all {
		if !snake.MatchString(d.code) {
			t.Errorf("%s: the code %q", d.path, d.code)
		}
		if first, there := kinds[d.code]; there && first.kind != d.kind {
			t.Errorf("%q is %s in %s and %s in %s", d.code, first.kind, first.path, d.kind, d.path)
		}
		kinds[d.code] = d
		if r := []rune(d.text); len(r) == 0 || unicode.IsUpper(r[0]) || strings.HasSuffix(d.text, ".") {
			t.Errorf("%s: the sentence %q goes inside others: no capital, no full stop", d.path, d.text)
		}
	}
}
