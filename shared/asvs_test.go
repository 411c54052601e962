package shared

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	asvsRow  = regexp.MustCompile(`^\| (\d+)\.(\d+)\.(\d+) \| ([^|]+) \| ([^|]+) \|$`)
	asvsTest = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz|Benchmark)\\w+)`")
)

// The index of what the standard asks names tests that exist, once each row, in order.
func TestIndexOfTheStandardNamesTestsThatExist(t *testing.T) {
	raw, err := os.ReadFile("ASVS.md")
	if err != nil {
		t.Fatal(err)
	}
	known, last, rows, missing := map[string]map[string]bool{}, "", 0, 0
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ASVS ") {
			continue
		}
		row := asvsRow.FindStringSubmatch(line)
		if row == nil {
			t.Errorf("no row: %s", line)
			continue
		}
		rows++
		if at := fmt.Sprintf("%3s.%3s.%3s", row[1], row[2], row[3]); at <= last {
			t.Errorf("%s stands after %s", at, last)
		} else {
			last = at
		}
		tests := asvsTest.FindAllStringSubmatch(row[5], -1)
		if len(tests) == 0 {
			if missing++; !strings.HasPrefix(row[5], "TODO(#") {
				t.Errorf("%s has no test and no issue", line)
			}
		}
		if rest := strings.TrimSpace(asvsTest.ReplaceAllString(row[5], "")); rest != "" && len(tests) > 0 {
			t.Errorf("%s: what is %q?", line, rest)
		}
		for _, test := range tests {
			if known[test[1]] == nil {
				known[test[1]] = testsOf(t, test[1])
			}
			if !known[test[1]][test[2]] {
				t.Errorf("%s.%s: there is no such test in %s", row[1], row[2], test[0])
			}
		}
	}
	if rows < 80 || missing*3 > rows {
		t.Errorf("%d rows, %d of them without a test", rows, missing)
	}
}

// testsOf are the names of a directory's tests.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	paths, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*_test.go"))
	if err != nil || len(paths) == 0 {
		t.Errorf("%s has no tests: %v", dir, err)
	}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}
