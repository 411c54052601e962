package shared

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers from the lowest to the highest: the packages of shared/ in each.
var layers = [][]string{
	{"collectivity", "convocation", "directory", "errs", "ident", "journal", "law", "link", "phc", "rights"},
	{"table", "files", "queue", "mail"},
	{"store"},
	{"account", "answer", "compose", "contactfile", "contacts", "csvimport", "dispatch", "follow", "sweep", "upload"},
	{"calendar", "french", "page", "letter", "web", "telemetry", "config", "lambdahttp", "lambdasqs"},
}

const (
	vocabulary = iota
	ports
	stores
	useCases
	edges
)

// rule forbids imports to packages of some layers.
type rule struct {
	reason    string
	layers    []int
	forbidden func(path string) bool
}

func prefixed(prefixes ...string) func(string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
	}
}

var rules = []rule{
	{
		"vocabulary is pure: the standard library, Unicode's own tables for names and domains, and a hash",
		[]int{vocabulary}, func(path string) bool {
			return strings.Contains(strings.Split(path, "/")[0], ".") && !prefixed("golang.org/x/text", "golang.org/x/net/idna", "golang.org/x/crypto/argon2")(path)
		},
	},
	{
		"use cases do not know HTTP, so that a simulator can replay them",
		[]int{vocabulary, stores, useCases}, prefixed("net/http", "html/template"),
	},
	{
		"AWS is in adapters and edges only",
		[]int{vocabulary, ports, stores, useCases}, prefixed("github.com/aws"),
	},
	{
		"databases are adapters of the table",
		[]int{vocabulary, stores, useCases, edges}, prefixed("go.etcd.io/bbolt", "database/sql"),
	},
	{
		"the environment is read in one place",
		[]int{vocabulary, stores, useCases}, prefixed("os", "flag"),
	},
	{
		"randomness is passed in: a simulator replays it bit for bit",
		[]int{vocabulary, ports, stores, useCases}, prefixed("crypto/rand", "math/rand"),
	},
	{
		"PDFs from outside are read in a process of their own",
		[]int{vocabulary, ports, stores, useCases, edges}, prefixed("github.com/pdfcpu"),
	},
	{
		"only the log's edge and those who serve write logs",
		[]int{vocabulary, ports, stores, useCases}, prefixed("log", "log/slog"),
	},
}

// source is a Go file outside tests.
type source struct {
	path, pkg string // pkg: the first folder below shared/
	imports   []string
	file      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s := source{path: path, pkg: strings.Split(filepath.ToSlash(path), "/")[0], file: file}
		for _, i := range file.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		if s.pkg != "doc.go" && !onlyTests(s.path) {
			all = append(all, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// onlyTests tells packages that only tests import: the conformance suites and fakes (tabletest, mailtest…).
func onlyTests(path string) bool {
	return slices.ContainsFunc(strings.Split(filepath.ToSlash(path), "/"), func(dir string) bool { return strings.HasSuffix(dir, "test") })
}

func layerOf(pkg string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) })
}

func TestLayersHold(t *testing.T) {
	for _, s := range sources(t) {
		layer := layerOf(s.pkg)
		if layer < 0 {
			t.Errorf("%s: package %s has no layer: give it one in deps_test.go and doc.go", s.path, s.pkg)
			continue
		}
		for _, imported := range s.imports {
			for _, r := range rules {
				if slices.Contains(r.layers, layer) && r.forbidden(imported) && !adapter(s.path) {
					t.Errorf("%s imports %s: %s", s.path, imported, r.reason)
				}
			}
			checkUpward(t, s, layer, imported)
		}
	}
}

// adapter tells a package inside a port: it knows its technology.
func adapter(path string) bool {
	parts := strings.Split(filepath.ToSlash(path), "/")
	return len(parts) > 2 && layerOf(parts[0]) == ports
}

func checkUpward(t *testing.T, s source, layer int, imported string) {
	t.Helper()
	inside, ok := strings.CutPrefix(imported, "convoc/")
	if !ok {
		return
	}
	parts := strings.Split(inside, "/")
	if parts[0] != "shared" {
		t.Errorf("%s imports %s: nothing here knows a main", s.path, imported)
		return
	}
	if other := layerOf(parts[1]); other > layer {
		t.Errorf("%s imports %s: a layer knows only those below it", s.path, imported)
	}
	if layerOf(parts[1]) == ports && len(parts) > 2 && !slices.Contains([]string{"config"}, s.pkg) && parts[1] != s.pkg {
		t.Errorf("%s imports %s: only mains and config choose adapters", s.path, imported)
	}
	if layer == ports && parts[1] != s.pkg && layerOf(parts[1]) == ports {
		t.Errorf("%s imports %s: ports do not know each other", s.path, imported)
	}
}

// Wall clocks and goroutines belong to mains, edges and ports.
func TestUseCasesHaveNoClockAndNoGoroutine(t *testing.T) {
	for _, s := range sources(t) {
		layer := layerOf(s.pkg)
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if layer != ports && layer != edges {
					t.Errorf("%s starts a goroutine", s.path)
				}
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if ok && x.Name == "time" && n.Sel.Name == "Now" && s.pkg != "config" {
					t.Errorf("%s reads the wall clock", s.path)
				}
			}
			return true
		})
	}
}

// Use cases reach a collectivité's items through its handle, its documents through its shelf: both are guarded. What is of
// all collectivités at once they do not touch.
func TestUseCasesReachOneCollectivityOnly(t *testing.T) {
	bare := []string{"files.Store", "files.Shared", "Files.Of", "table.Table", "Tables.Data", "Tables.DataOf"}
	for _, s := range sources(t) {
		if layer := layerOf(s.pkg); layer != useCases && s.pkg != "web" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of := ""
			switch x := selector.X.(type) {
			case *ast.Ident:
				of = x.Name
			case *ast.SelectorExpr:
				of = x.Sel.Name
			}
			if slices.Contains(bare, of+"."+selector.Sel.Name) {
				t.Errorf("%s uses %s.%s: nothing there holds it to one collectivité", s.path, of, selector.Sel.Name)
			}
			return true
		})
	}
}

// French is for the edges that speak it.
func TestFrenchIsSpokenAtTheEdgesOnly(t *testing.T) {
	speakers := []string{"web", "page", "letter", "french"}
	for _, s := range sources(t) {
		if slices.Contains(speakers, s.pkg) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			if ok && text.Kind == token.STRING && strings.ContainsAny(text.Value, "éèêàçùôîû") && !slices.Contains([]string{"contactfile", "directory"}, s.pkg) {
				t.Errorf("%s: %s", s.path, text.Value)
			}
			return true
		})
	}
}

// What reads PDFs and workbooks makes a program larger, and its start slower: whoever needs it carries it, and nobody else.
func TestWhoCarriesWhatIsLarge(t *testing.T) {
	mains, err := filepath.Glob("../*/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	inside, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for pkg, want := range map[string][]string{
		"convoc/shared/files/pdfmerger":      {"../functions/dispatch", "../functions/sweep", "../infra/local"},
		"convoc/shared/contactfile/workbook": {"../functions/import-contacts", "../infra/local"},
	} {
		var carriers []string
		for _, path := range append(inside, mains...) {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.ToSlash(filepath.Dir(path))
			for _, i := range file.Imports {
				if i.Path.Value == strconv.Quote(pkg) && !slices.Contains(carriers, dir) && !strings.HasSuffix(path, "_test.go") {
					carriers = append(carriers, dir)
				}
			}
		}
		if !slices.Equal(carriers, want) {
			t.Errorf("%q carry %s, want %q", carriers, pkg, want)
		}
	}
}
