import BasisEngine
import ReadableText
import SearchCore

extension ExportedNetwork {
  /// The source of a PyTorch module in one file that reads the output of `safeTensorsFile`. The module derives what it
  /// can from the tensors' names and shapes; everything else is at its top. `torch.jit.script` compiles its networks.
  /// - Parameters:
  ///   - title: The title of the network, one line.
  ///   - weights: The name of the safetensors file.
  package func pyTorchSource(title: String, weights: String) -> String {
    let stages = architecture.blocks.map { $0.name.prefix { $0 != "." } }
    let stage = Set(stages).sorted { LayerName.precedes(String($0), String($1)) }.reduce("x") { "self.\($1)(\($0))" }
    let normalization = checkpoint.normalization
    let channels = architecture.layers[architecture.stem].inputChannels
    return Self.template
      .replacing("@TITLE@", with: title.replacing("\\", with: "/").replacing("\"", with: "'"))
      .replacing("@IMAGES@", with: "N x \(channels) x \(imageSize) x \(imageSize)")
      .replacing(
        "@RANGE@",
        with: normalization == nil
          ? "normalized as in the training, which the checkpoint does not tell"
          : "red, green, blue from 0 to 1 (bytes / 255); the network normalizes them"
      )
      .replacing("@WEIGHTS@", with: weights.inJSON)
      .replacing("@MEAN@", with: Self.list(normalization?.mean ?? [Float](repeating: 0, count: channels)))
      .replacing(
        "@DEVIATION@", with: Self.list(normalization?.standardDeviation ?? [Float](repeating: 1, count: channels))
      )
      .replacing("@POOLS@", with: architecture.poolsStem ? "True" : "False")
      .replacing("@STRIDES@", with: Self.dictionary(strides))
      .replacing("@TIED@", with: tiedByOwner)
      .replacing("@STAGES@", with: stage)
  }

  var imageSize: Int { architecture.imageSize }

  private var strides: [(String, String)] {
    architecture.layers.filter { $0.stride != 1 }.map { ($0.name, "\($0.stride)") }
  }

  /// The layers that use another layer's coefficients, with that layer.
  var tied: [(String, String)] {
    zip(architecture.layers, form.layers).enumerated().compactMap { index, layer in
      guard case .basis(let basis, _) = layer.1, basis.coefficientsOf != index else { return nil }
      return (layer.0.name, architecture.layers[basis.coefficientsOf].name)
    }
  }

  /// A dictionary from each owner of coefficients to the layers of its stage that use them, without the stage's name,
  /// in strings that Python joins.
  private var tiedByOwner: String {
    guard !tied.isEmpty else { return "{}" }
    var owners: [String] = []
    for (_, owner) in tied where !owners.contains(owner) { owners.append(owner) }
    let entries = owners.map { owner in
      let stage = owner.prefix { $0 != "." }.count + 1
      let names = tied.filter { $0.1 == owner }.map { $0.0.dropFirst(stage) }
      var lines = ["    \(owner.inJSON): \""]
      for name in names {
        if lines[lines.count - 1].count + name.count > 115 {
          lines[lines.count - 1] += " \""
          lines.append("        \"\(name)")
        } else {
          lines[lines.count - 1] += (lines[lines.count - 1].hasSuffix("\"") ? "" : " ") + name
        }
      }
      return lines.joined(separator: "\n") + "\","
    }
    return "{\n\(entries.joined(separator: "\n"))\n}"
  }

  private static func list(_ values: [Float]) -> String { "[\(values.map { "\($0)" }.joined(separator: ", "))]" }

  /// A dictionary with as many entries on a line as fit.
  private static func dictionary(_ entries: [(String, String)]) -> String {
    guard !entries.isEmpty else { return "{}" }
    var lines: [String] = []
    for (key, value) in entries {
      let entry = "\(key.inJSON): \(value),"
      if let last = lines.last, last.count + entry.count < 118 {
        lines[lines.count - 1] = "\(last) \(entry)"
      } else {
        lines.append("    \(entry)")
      }
    }
    return "{\n\(lines.joined(separator: "\n"))\n}"
  }

  private static let template = """
    \"\"\"@TITLE@

    Made by `layersearch export-model`. Needs PyTorch and safetensors; beside it lies the file of its weights.

        network = load()               # in inference mode; torch.jit.script(network) compiles it
        logits = network(images)

    Images are float32, @IMAGES@: @RANGE@.
    \"\"\"
    import os

    import torch
    from safetensors.torch import load_file
    from torch import nn
    from torch.nn import functional as F

    WEIGHTS = @WEIGHTS@
    MEAN, DEVIATION = @MEAN@, @DEVIATION@
    # Strides of the convolutions that have another one than 1.
    STRIDES = @STRIDES@
    # Basis convolutions with the coefficients of another one, which is named first, of the same stage.
    SHARED = @TIED@
    TIED = {f"{owner.split('.')[0]}.{name}": owner for owner, names in SHARED.items() for name in names.split()}


    class BasisConvolution(nn.Module):
        \"\"\"N outputs of r basis maps: combinations of them; or r are the maps, and N - r combinations.\"\"\"

        def __init__(self, basis, coefficients, outputs, stride, channels, has_bias):
            super().__init__()
            rank, _, size, _ = basis.shape
            self.basis = nn.Parameter(torch.empty_like(basis))
            self.coefficients = coefficients
            self.bias = nn.Parameter(torch.empty(outputs)) if has_bias else None
            self.stride, self.padding = stride, (size - 1) // 2
            self.groups = rank // coefficients.shape[1]
            self.keeps_maps = coefficients.shape[0] < outputs
            order = list(range(outputs))
            if channels is not None and self.keeps_maps:
                order = channels.tolist() + [c for c in range(outputs) if c not in set(channels.tolist())]
            self.is_in_order = order == list(range(outputs))
            self.register_buffer("places", torch.argsort(torch.tensor(order)), persistent=False)

        def forward(self, x):
            maps = F.conv2d(x, self.basis, None, self.stride, self.padding)
            y = F.conv2d(maps, self.coefficients[:, :, None, None], None, groups=self.groups)
            if self.keeps_maps:
                y = torch.cat([maps, y], 1)
                if not self.is_in_order:
                    y = y[:, self.places]
            if self.bias is not None:
                y = y + self.bias[:, None, None]
            return y


    class Classifier(nn.Linear):
        def forward(self, x):
            return F.linear(x.flatten(1), self.weight, self.bias)


    class Block(nn.Module):
        def __init__(self, make, name):
            super().__init__()
            self.conv1, self.bn1 = make(f"{name}.conv1", f"{name}.bn1")
            self.conv2, self.bn2 = make(f"{name}.conv2", f"{name}.bn2")
            self.conv3, self.bn3 = make(f"{name}.conv3", f"{name}.bn3")
            projection = make(f"{name}.downsample.0", f"{name}.downsample.1")
            self.downsample = nn.Sequential(*projection) if projection[0] is not None else None
            self.stride = max(STRIDES.get(f"{name}.{part}", 1) for part in ["conv1", "conv2", "conv3"])
            self.outputs = (self.bn3 or self.bn2).num_features

        def shortcut(self, x):
            if self.downsample is not None:
                return self.downsample(x)
            x = x[:, :, :: self.stride, :: self.stride]
            missing = self.outputs - x.shape[1]
            return F.pad(x, [0, 0, 0, 0, missing // 2, missing - missing // 2])

        def forward(self, x):
            y = F.relu(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            if self.conv3 is not None:
                y = self.bn3(self.conv3(F.relu(y)))
            return F.relu(y + self.shortcut(x))


    class Network(nn.Module):
        def __init__(self, state):
            super().__init__()
            self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
            self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)
            shared = {}

            def make(name, norm):
                \"\"\"A convolution and its batch norm, of the tensors' shapes; None where there is no such layer.\"\"\"
                stride = STRIDES.get(name, 1)
                if f"{name}.basis" in state:
                    outputs = state[f"{norm}.weight" if norm else f"{name}.bias"].shape[0]
                    owner = TIED.get(name, name)
                    if owner not in shared:
                        shared[owner] = nn.Parameter(torch.empty_like(state[f"{owner}.coefficients"]))
                    layer = BasisConvolution(state[f"{name}.basis"], shared[owner], outputs, stride,
                                             state.get(f"{name}.basis_channels"), norm is None)
                elif f"{name}.weight" not in state:
                    return None, None
                else:
                    outputs, inputs, *size = state[f"{name}.weight"].shape
                    layer = (nn.Conv2d(inputs, outputs, size[0], stride, (size[0] - 1) // 2, bias=False) if size
                             else Classifier(inputs, outputs))
                return layer, nn.BatchNorm2d(outputs) if norm else None

            self.conv1, self.bn1 = make("conv1", "bn1")
            stages = sorted({int(name.split(".")[0][5:]) for name in state if name.startswith("layer")})
            for stage in stages:
                blocks = sorted({int(n.split(".")[1]) for n in state if n.startswith(f"layer{stage}.")})
                setattr(self, f"layer{stage}", nn.Sequential(*[Block(make, f"layer{stage}.{b}") for b in blocks]))
            self.fc, _ = make("fc", None)
            self.pools_stem = @POOLS@

        def forward(self, x):
            x = (x - self.mean) / self.deviation
            x = F.relu(self.bn1(self.conv1(x)))
            if self.pools_stem:
                x = F.max_pool2d(x, 3, 2, 1)
            x = @STAGES@
            return self.fc(x.mean((2, 3), keepdim=True)).flatten(1)


    def load(path=os.path.join(os.path.dirname(os.path.abspath(__file__)), WEIGHTS)):
        state = load_file(path)
        network = Network(state)
        for name, owner in TIED.items():
            state[f"{name}.coefficients"] = state[f"{owner}.coefficients"]
        tensors = {name: tensor for name, tensor in state.items() if not name.endswith(".basis_channels")}
        missing, surplus = network.load_state_dict(tensors, strict=False)
        missing = [name for name in missing if not name.endswith(".num_batches_tracked")]
        if missing or surplus:
            raise ValueError(f"{path} is of another network: it lacks {missing}, and has {surplus}")
        return network.eval()

    """
}
