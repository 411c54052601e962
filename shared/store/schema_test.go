package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// sourcesOf visits every Go file of the project, tests too.
func sourcesOf(t *testing.T, visit func(path string, file *ast.File)) {
	t.Helper()
	const root = "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator))), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// isKey tells the type table.Key.
func isKey(e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "table" && sel.Sel.Name == "Key"
}

// builtKeys counts the keys that a file builds by hand: table.Key{…} with something in it, inside a list of keys too.
func builtKeys(file *ast.File) int {
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		lit, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if isKey(lit.Type) && len(lit.Elts) > 0 {
			n++
		}
		for _, elt := range lit.Elts {
			n += elided(lit.Type, elt)
		}
		return true
	})
	return n
}

// elided counts an element of a list or a map whose own type is left out and is table.Key.
func elided(of ast.Expr, elt ast.Expr) int {
	n := 0
	count := func(kind, value ast.Expr) {
		if lit, ok := value.(*ast.CompositeLit); ok && lit.Type == nil && isKey(kind) && len(lit.Elts) > 0 {
			n++
		}
	}
	pair, paired := elt.(*ast.KeyValueExpr)
	switch of := of.(type) {
	case *ast.ArrayType:
		if paired {
			elt = pair.Value
		}
		count(of.Elt, elt)
	case *ast.MapType:
		if paired {
			count(of.Key, pair.Key)
			count(of.Value, pair.Value)
		}
	}
	return n
}

func TestNoOtherFileBuildsAKey(t *testing.T) {
	files, own := 0, 0
	sourcesOf(t, func(path string, file *ast.File) {
		files++
		n := builtKeys(file)
		switch {
		case path == "shared/store/keys.go":
			own = n
		case strings.HasPrefix(path, "shared/table/"): // the port and its suites know no schema
		case n > 0:
			t.Errorf("%s builds %d keys: keys.go has the schema", path, n)
		}
	})
	if files < 100 || own < 20 {
		t.Errorf("%d files, %d keys in keys.go: the sources were not found", files, own)
	}
}

// A handle's queries name their partition with a function of keys.go, and never with a text.
func TestPartitionsOfQueriesComeFromTheSchema(t *testing.T) {
	queries := 0
	sourcesOf(t, func(path string, file *ast.File) {
		if !strings.HasPrefix(path, "shared/") || strings.HasPrefix(path, "shared/table/") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			if name, ok := pair.Key.(*ast.Ident); !ok || name.Name != "Partition" || path == "shared/store/keys.go" {
				return true
			}
			queries++
			ast.Inspect(pair.Value, func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok {
					t.Errorf("%s makes a partition of %s", path, text.Value)
				}
				return true
			})
			return true
		})
	})
	if queries < 10 {
		t.Errorf("only %d queries were found", queries)
	}
}

func TestKeysBuiltByHandAreFound(t *testing.T) {
	for source, want := range map[string]int{
		`table.Key{Partition: "a", Sort: "b"}`:       1,
		`table.Key{"a", "b"}`:                        1,
		`&table.Key{Partition: "a"}`:                 1,
		`[]table.Key{{"a", "b"}, {"c", "d"}}`:        2,
		`[...]table.Key{0: {"a", "b"}}`:              1,
		`map[table.Key]bool{{"a", "b"}: true}`:       1,
		`map[string]table.Key{"a": {"a", "b"}}`:      1,
		`[]table.Write{table.Delete(headKey(s, c))}`: 0,
		`table.Key{}`:                 0,
		`map[table.Key]bool{k: true}`: 0,
		`[]table.Key{k}`:              0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nvar v = "+source, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := builtKeys(file); got != want {
			t.Errorf("%s: found %d, want %d", source, got, want)
		}
	}
}
