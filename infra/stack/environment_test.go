package stack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/infra/wiring"
)

// The environment of a function is what its main asks for, itself or through package config, and nothing else.
func TestEnvironmentIsWhatItsMainReads(t *testing.T) {
	helpers := reads{}
	for _, pattern := range []string{"../../shared/config/*.go", "../../shared/config/*/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			file := parsed(t, path)
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
					helpers["env."+f.Name.Name] = f
				} else if ok {
					helpers[file.Name.Name+"."+f.Name.Name] = f
				}
			}
		}
	}
	main := synthesized(t).main
	for _, f := range wiring.Functions {
		want := helpers.of(parsed(t, filepath.Join("../../functions", f.Name, "main.go")), nil)
		want = append(want, "SSL_CERT_DIR", "SSL_CERT_FILE")
		want = slices.DeleteFunc(want, func(name string) bool { return strings.HasPrefix(name, "AWS_") }) // Lambda sets them
		slices.Sort(want)
		variables, _ := at(main.one(t, id("function", f.Name)).Properties, "Environment.Variables").(map[string]any)
		if diff := cmp.Diff(slices.Compact(want), slices.Sorted(maps.Keys(variables))); diff != "" {
			t.Errorf("%s (-main reads +stack sets)\n%s", f.Name, diff)
		}
	}
}

// reads are the functions of package config by the names with which they are called: what they read of the environment
// is in their source.
type reads map[string]ast.Node

// of gives the variables read below a node, where a call of a function of package config stands for what that reads.
// Constants that are passed on, as config.Data, complete a name that ends in « _ ».
func (r reads) of(n ast.Node, passed []string) []string {
	var all []string
	ast.Inspect(n, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		s, ok := c.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if !ok {
			return true
		}
		name := calledAs(x.Name, s.Sel.Name)
		if name == "env.Text" || name == "env.Duration" {
			all = append(all, completed(literalOf(c.Args[0]), passed)...)
		} else if f := r[name]; f != nil {
			given := tablesOf(c)
			if len(given) == 0 {
				given = passed // « tables... »
			}
			all = append(all, r.of(f, given)...)
		}
		return true
	})
	return all
}

// calledAs names a call: the environment is « env » in mains and « e » in package config.
func calledAs(of, name string) string {
	if of == "e" {
		of = "env"
	}
	return of + "." + name
}

func completed(name string, with []string) []string {
	if !strings.HasSuffix(name, "_") {
		return []string{name}
	}
	var all []string
	for _, w := range with {
		all = append(all, name+w)
	}
	return all
}

// tablesOf are the tables that a call names: config.Data is « DATA ».
func tablesOf(c *ast.CallExpr) []string {
	var all []string
	for _, arg := range c.Args {
		if s, ok := arg.(*ast.SelectorExpr); ok && slices.Contains(wiring.Tables, wiring.Resource(strings.ToLower(s.Sel.Name))) {
			all = append(all, strings.ToUpper(s.Sel.Name))
		}
	}
	return all
}

// literalOf is the first text in an expression: « CONVOC_TABLE_ » of "CONVOC_TABLE_"+string(name).
func literalOf(e ast.Expr) string {
	text := ""
	ast.Inspect(e, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && text == "" {
			text, _ = strconv.Unquote(l.Value)
		}
		return true
	})
	return text
}

func parsed(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
