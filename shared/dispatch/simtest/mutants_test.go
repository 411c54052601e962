package simtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// root is where the module is, from here.
const root = "../../.."

// becomes stands between what a mutant changes and what it makes of it.
const becomes = "=== becomes ===\n"

// Each mutant is the product with one thing of the protocol left out: the simulation must turn red, or it proves nothing.
// A mutant whose text is not in the product any more is to be written anew.
func TestMutantsAreFound(t *testing.T) {
	all, err := filepath.Glob(filepath.Join("testdata", "mutants", "*.txt"))
	if err != nil || len(all) < 10 {
		t.Fatalf("%d mutants: %v", len(all), err)
	}
	for _, path := range all {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			binary := build(t, overlay(t, path))
			run := exec.CommandContext(t.Context(), binary, "-test.run", "^TestSeeds$", "-seeds", "2000", "-first", "1", "-stop")
			run.Dir = t.TempDir()
			said, err := run.CombinedOutput()
			if err == nil {
				t.Fatalf("2,000 seeds are green:\n%s", said)
			}
			if !strings.Contains(string(said), "--- FAIL: TestSeeds") {
				t.Fatalf("it did not run: %v\n%s", err, said)
			}
			t.Log(firstRed(string(said)))
		})
	}
}

// firstRed is what the first red seed says.
func firstRed(said string) string {
	for line := range strings.Lines(said) {
		if strings.Contains(line, "seed ") {
			return strings.TrimSpace(line)
		}
	}
	return said
}

// overlay writes the changed sources of a mutant, and the file that tells the compiler of them.
func overlay(t *testing.T, path string) string {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replaced := map[string]string{}
	for i, f := range archive.Files {
		source, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(f.Name)))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		from, to, found := strings.Cut(string(f.Data), becomes)
		if from = strings.TrimSuffix(from, "\n"); !found || strings.Count(string(text), from) != 1 {
			t.Fatalf("%s: this is not there once, and the mutant is to be written anew:\n%s", f.Name, from)
		}
		changed := filepath.Join(dir, string(rune('a'+i))+".go")
		mutant := strings.Replace(string(text), from, strings.TrimSuffix(to, "\n"), 1)
		if err := os.WriteFile(changed, []byte(mutant), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[source] = changed
	}
	raw, err := json.Marshal(map[string]map[string]string{"Replace": replaced})
	if err != nil || len(replaced) == 0 {
		t.Fatalf("%d sources: %v", len(replaced), err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// build makes the simulator's test binary over the changed sources.
func build(t *testing.T, overlay string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "mutant.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay, "-ldflags", "-s -w", "-o", binary, ".")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, said)
	}
	return binary
}
