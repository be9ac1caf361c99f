// Command pulumi-language-LANGUAGE makes SDKs with Pulumi's own generator, for languages whose own host is in no module that a
// proxy serves. The name by which it is called says which language: python, go or nodejs.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

const prefix = "pulumi-language-"

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	language string
}

func main() {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Init: func(s *grpc.Server) error {
			language, err := languageServer(strings.TrimPrefix(name, prefix))
			if err == nil {
				pulumirpc.RegisterLanguageRuntimeServer(s, language)
			}
			return err
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
	fmt.Println(server.Port) // the engine reads the first line as the port
	if err := <-server.Done; err != nil {
		os.Exit(1)
	}
}

func languageServer(language string) (pulumirpc.LanguageRuntimeServer, error) {
	if language == "nodejs" {
		return newBoth()
	}
	return &host{language: language}, nil
}

func (h *host) Handshake(context.Context, *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

func (h *host) GeneratePackage(
	_ context.Context, req *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	loader, err := schema.NewLoaderClient(req.GetLoaderTarget())
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(req.GetSchema()), &spec); err != nil {
		return nil, err
	}
	cached := schema.NewCachedLoader(loader)
	pkg, diagnostics, err := schema.BindSpec(spec, cached, schema.ValidationOptions{AllowDanglingReferences: true})
	if err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	files, err := h.generate(pkg, req, cached)
	if err != nil {
		return nil, err
	}
	for name, text := range files {
		file := filepath.Join(req.GetDirectory(), name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.GeneratePackageResponse{}, nil
}

func (h *host) generate(
	pkg *schema.Package, req *pulumirpc.GeneratePackageRequest, loader schema.ReferenceLoader,
) (map[string][]byte, error) {
	tool := prefix + h.language
	switch h.language {
	case "go":
		return golang.GeneratePackage(tool, pkg, req.GetLocalDependencies())
	case "python":
		return python.GeneratePackage(tool, pkg, req.GetExtraFiles(), loader)
	case "nodejs":
		return nodejs.GeneratePackage(tool, pkg, req.GetExtraFiles(), req.GetLocalDependencies(), req.GetLocal(), loader)
	default:
		return nil, fmt.Errorf("%s makes no SDK", tool)
	}
}
