"""Compiles C# with Roslyn on the .NET that a wheel has; prints what the compiler says, and exits 1 for an error.

Usage: compile.py FOLDER_WITH_ROSLYN FILE...
"""

import json
import os
import sys
import tempfile

import dotnetcore2
from clr_loader import get_coreclr
from pythonnet import set_runtime

os.environ['DOTNET_SYSTEM_GLOBALIZATION_INVARIANT'] = '1'
DOTNET = os.path.join(os.path.dirname(dotnetcore2.__file__), 'bin')
FRAMEWORK = 'Microsoft.NETCore.App'
(VERSION,) = os.listdir(os.path.join(DOTNET, 'shared', FRAMEWORK))
LIBRARIES = os.path.join(DOTNET, 'shared', FRAMEWORK, VERSION)

with tempfile.NamedTemporaryFile('w', suffix='.json', delete=False) as config:
    framework = {'name': FRAMEWORK, 'version': VERSION}
    json.dump({'runtimeOptions': {'tfm': 'netcoreapp3.1', 'framework': framework}}, config)
set_runtime(get_coreclr(runtime_config=config.name, dotnet_root=DOTNET))
os.remove(config.name)

import clr  # noqa: E402

roslyn, *files = sys.argv[1:]
sys.path.append(roslyn)
for name in ('Microsoft.CodeAnalysis', 'Microsoft.CodeAnalysis.CSharp'):
    clr.AddReference(name)

from Microsoft.CodeAnalysis import (  # noqa: E402
    DiagnosticSeverity, MetadataReference, NullableContextOptions, OutputKind, SyntaxTree,
)
from Microsoft.CodeAnalysis.CSharp import (  # noqa: E402
    CSharpCompilation, CSharpCompilationOptions, CSharpParseOptions, CSharpSyntaxTree, LanguageVersion,
)
from System.Collections.Generic import List  # noqa: E402


def references():
    found = List[MetadataReference]()
    for name in sorted(os.listdir(LIBRARIES)):
        if name.endswith('.dll') and name.startswith(('System.', 'netstandard', 'mscorlib')):
            found.Add(MetadataReference.CreateFromFile(os.path.join(LIBRARIES, name)))
    return found


def trees():
    options = CSharpParseOptions(LanguageVersion.Latest)
    found = List[SyntaxTree]()
    for name in files:
        with open(name, encoding='utf-8') as source:
            found.Add(CSharpSyntaxTree.ParseText(source.read(), options, name))
    return found


options = CSharpCompilationOptions(OutputKind.ConsoleApplication).WithNullableContextOptions(NullableContextOptions.Enable)
program = CSharpCompilation.Create('chat', trees(), references(), options)
said = [one for one in program.GetDiagnostics() if one.Severity >= DiagnosticSeverity.Warning]
for one in said:
    print(one.ToString())
sys.exit(1 if any(one.Severity == DiagnosticSeverity.Error for one in said) else 0)
