package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// manifest is what matters here of a package.json.
type manifest struct {
	Name                 string            `json:"name"`
	Version              string            `json:"version"`
	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
	Pulumi               struct {
		Resource bool   `json:"resource"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Server   string `json:"server"`
	} `json:"pulumi"`
}

// installed is a dependency of the program, found where Node.js would find it.
type installed struct {
	manifest
	dir    string
	direct bool
}

func readManifest(dir string) (m manifest, err error) {
	file := filepath.Join(dir, "package.json")
	text, err := os.ReadFile(file)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// resolve finds a file of an npm package in the node_modules of dir or of a directory above it.
func resolve(dir string, elem ...string) (string, error) {
	for {
		file := filepath.Join(append([]string{dir, "node_modules"}, elem...)...)
		// By its real path, as Node.js knows a module: that is where its own dependencies are looked for.
		if real, err := filepath.EvalSymlinks(file); err == nil {
			return real, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fs.ErrNotExist
		}
		dir = parent
	}
}

// sdkScript is the SDK's command of that name, from the same @pulumi/pulumi that the program in dir imports.
func sdkScript(dir, name string) (string, error) {
	script, err := resolve(dir, "@pulumi", "pulumi", "cmd", name)
	if err != nil {
		return "", fmt.Errorf("@pulumi/pulumi is not installed for %s: run npm install there", dir)
	}
	return script, nil
}

// programManifest is the package.json nearest to the program, which may be in a subdirectory of its package.
func programManifest(dir string) (manifest, error) {
	for {
		m, err := readManifest(dir)
		if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
			dir = parent
			continue
		}
		return m, err
	}
}

// dependencies follows the program's dependencies and theirs, in a fixed order. One that is not installed is left out: the
// program says so better, when it imports it.
func dependencies(program string) ([]installed, error) {
	root, err := programManifest(program)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var found []installed
	seen := map[string]bool{}
	add := func(from string, direct bool, lists ...map[string]string) error {
		for _, list := range lists {
			for _, name := range slices.Sorted(maps.Keys(list)) {
				dir, err := resolve(from, filepath.FromSlash(name))
				if err != nil || seen[dir] {
					continue
				}
				seen[dir] = true
				m, err := readManifest(dir)
				if err != nil {
					return err
				}
				found = append(found, installed{m, dir, direct})
			}
		}
		return nil
	}
	if err := add(program, true, root.Dependencies, root.DevDependencies, root.OptionalDependencies); err != nil {
		return nil, err
	}
	for i := 0; i < len(found); i++ { // grows while it is read
		if err := add(found[i].dir, false, found[i].Dependencies, found[i].OptionalDependencies); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// GetRequiredPackages names the provider plugins that belong to the program's npm packages.
func (h *host) GetRequiredPackages(
	_ context.Context, req *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	all, err := dependencies(req.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	answer := &pulumirpc.GetRequiredPackagesResponse{}
	for _, dep := range all {
		if dep.Pulumi.Resource {
			answer.Packages = append(answer.Packages, &pulumirpc.PackageDependency{
				Kind:    "resource",
				Name:    cmp.Or(dep.Pulumi.Name, path.Base(dep.Name)),
				Version: "v" + strings.TrimPrefix(cmp.Or(dep.Pulumi.Version, dep.Version), "v"),
				Server:  dep.Pulumi.Server,
			})
		}
	}
	return answer, nil
}

// GetProgramDependencies lists the npm packages for `pulumi about`.
func (h *host) GetProgramDependencies(
	_ context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	all, err := dependencies(req.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	answer := &pulumirpc.GetProgramDependenciesResponse{}
	for _, dep := range all {
		if dep.direct || req.GetTransitiveDependencies() {
			answer.Dependencies = append(answer.Dependencies, &pulumirpc.DependencyInfo{Name: dep.Name, Version: dep.Version})
		}
	}
	return answer, nil
}
