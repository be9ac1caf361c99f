package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// tree writes files below a new directory, which it returns.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func required(t *testing.T, dir string) []string {
	t.Helper()
	answer, err := (&host{}).GetRequiredPackages(context.Background(),
		&pulumirpc.GetRequiredPackagesRequest{Info: &pulumirpc.ProgramInfo{ProgramDirectory: dir}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range answer.GetPackages() {
		found = append(found, p.GetName()+" "+p.GetVersion())
	}
	return found
}

func TestRequiredPackages(t *testing.T) {
	root := tree(t, map[string]string{
		"package.json":        `{"dependencies":{"@acme/site":"*","@pulumi/docker":"*","gone":"*"},"devDependencies":{"plain":"*"}}`,
		"src/main/index.ts":   ``,
		"node_modules/.empty": ``,

		"node_modules/@acme/site/package.json": `{"name":"@acme/site","dependencies":{"@pulumi/random":"*","@pulumi/docker":"*"}}`,
		"node_modules/@acme/site/node_modules/@pulumi/random/package.json": `{"name":"@pulumi/random","version":"4.0.0",` +
			`"pulumi":{"resource":true}}`,
		"node_modules/@pulumi/docker/package.json": `{"name":"@pulumi/docker","version":"1.0.0",` +
			`"dependencies":{"@acme/site":"*"},"pulumi":{"resource":true,"name":"docker","version":"5.2.0"}}`,
		"node_modules/plain/package.json": `{"name":"plain","version":"1.0.0"}`,
	})
	want := []string{"docker v5.2.0", "random v4.0.0"}
	for _, dir := range []string{root, filepath.Join(root, "src", "main")} {
		if got := required(t, dir); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", dir, got, want)
		}
	}
}

func TestRequiredPackagesWithoutAPackage(t *testing.T) {
	if got := required(t, t.TempDir()); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestProgramDependencies(t *testing.T) {
	root := tree(t, map[string]string{
		"package.json":                   `{"dependencies":{"near":"*"}}`,
		"node_modules/near/package.json": `{"name":"near","version":"1.0.0","dependencies":{"far":"*"}}`,
		"node_modules/far/package.json":  `{"name":"far","version":"2.0.0"}`,
	})
	for transitive, want := range map[bool][]string{false: {"near"}, true: {"near", "far"}} {
		answer, err := (&host{}).GetProgramDependencies(context.Background(), &pulumirpc.GetProgramDependenciesRequest{
			Info: &pulumirpc.ProgramInfo{ProgramDirectory: root}, TransitiveDependencies: transitive})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range answer.GetDependencies() {
			got = append(got, d.GetName())
		}
		if !slices.Equal(got, want) {
			t.Errorf("transitive %v: got %q, want %q", transitive, got, want)
		}
	}
}
